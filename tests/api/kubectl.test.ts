import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pod } from 'kubernetes-types/core/v1.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kubeconfig, testServer } from '../../local/api/test-server.ts';
import { eventually } from '../eventually.ts';
import { type Finished, run, start } from '../program.ts';
import { kubectlBinary } from '../tools/kubectl.ts';

/** The API server alone: no controllers and no runtime, so that each answer is the server's own. */
describe.each(['1.32', '1.36'])('kubectl %s against the API server', (version) => {
  let binary: string;
  let folder: string;
  let server: Awaited<ReturnType<typeof testServer>>;
  let env: Record<string, string>;

  beforeAll(async () => {
    binary = await kubectlBinary(version);
    server = await testServer();
    folder = await mkdtemp(join(tmpdir(), 'parley-kubectl-'));
    await writeFile(join(folder, 'kubeconfig'), kubeconfig(server.url, server.authority.cert, server.admin));
    env = { KUBECONFIG: join(folder, 'kubeconfig'), HOME: folder, PATH: process.env.PATH ?? '' };
  });
  afterAll(async () => {
    expect(server.errors).toEqual([]);
    await server.close();
    await rm(folder, { recursive: true });
  });

  const attempt = (args: readonly string[], object?: unknown): Promise<Finished> =>
    run([binary, ...args], { env, ...(object === undefined ? {} : { stdin: JSON.stringify(object) }) });
  async function kubectl(args: string, object?: unknown): Promise<string> {
    const { code, stdout, stderr } = await attempt(args.split(' '), object);
    expect(code, `kubectl ${args}\n${stderr}`).toBe(0);
    return stdout;
  }
  const containersOf = async (name: string) =>
    JSON.parse(await kubectl(`get deployment ${name} -o json`)).spec.template.spec.containers;

  const deployment = (containers: readonly unknown[]) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'api' },
    spec: {
      selector: { matchLabels: { app: 'api' } },
      template: { metadata: { labels: { app: 'api' } }, spec: { containers } },
    },
  });

  test('create: what its typed clients send in protobuf arrives whole, with the defaults of the real server', async () => {
    await kubectl('create deployment web --image=parley/web:1.0.0 --replicas=2 --port=80');
    expect(await kubectl('get deployment web -o wide')).toMatch(
      /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE +CONTAINERS +IMAGES +SELECTOR\nweb +0\/2 +0 +0 +\d+s +web +parley\/web:1.0.0 +app=web\n$/,
    );
    const made = JSON.parse(await kubectl('get deployment web -o json'));
    expect(made.spec).toMatchObject({
      replicas: 2,
      progressDeadlineSeconds: 600,
      strategy: { rollingUpdate: { maxSurge: '25%' } },
    });
    expect(made.spec.template.spec.containers[0]).toMatchObject({ ports: [{ containerPort: 80, protocol: 'TCP' }] });
    await kubectl('create secret generic s --from-literal=a=b');
    expect(await kubectl('get secret s -o jsonpath={.data.a}')).toBe('Yg==');
    await kubectl('create configmap c --from-literal=a=b');
    await kubectl('create namespace shop');
    await kubectl('create job j --image=a:1 -- echo hello');
    expect(await kubectl('get job j -o jsonpath={.spec.template.spec.containers[0].command}')).toBe('["echo","hello"]');
    await kubectl('expose deployment web --port=80 --name=web');
    const all = await kubectl('get all');
    for (const name of ['service/web', 'deployment.apps/web', 'job.batch/j']) expect(all).toContain(name);
  });

  test('apply three times: created, unchanged, merged by the keys of the lists', async () => {
    const a = { name: 'a', image: 'x:1', env: [{ name: 'A', value: '1' }] };
    const b = { name: 'b', image: 'y:1' };
    expect(await kubectl('apply -f -', deployment([a, b]))).toBe('deployment.apps/api created\n');
    expect(await kubectl('apply -f -', deployment([a, b]))).toBe('deployment.apps/api unchanged\n');
    await kubectl('set env deployment/api -c a OTHER=kept');
    expect(await kubectl('apply -f -', deployment([{ ...a, image: 'x:2' }]))).toBe('deployment.apps/api configured\n');
    const containers = await containersOf('api');
    expect(containers).toHaveLength(1);
    expect(containers[0]).toMatchObject({
      image: 'x:2',
      env: [
        { name: 'A', value: '1' },
        { name: 'OTHER', value: 'kept' },
      ],
    });
    expect((await attempt(['diff', '-f', '-'], deployment([{ ...a, image: 'x:2' }]))).code).toBe(0);
    const wrong = await attempt(['apply', '-f', '-'], deployment([{ ...a, imagee: 'x' }]));
    expect(wrong.stderr).toContain('unknown field "spec.template.spec.containers[0].imagee"');
  });

  test('patch in its three forms, scale, set image, label, annotate, rollout', async () => {
    await kubectl('patch deployment web --type=json -p [{"op":"replace","path":"/spec/replicas","value":5}]');
    await kubectl('patch deployment web --type=merge -p {"spec":{"paused":true}}');
    await kubectl('patch deployment web -p {"spec":{"template":{"spec":{"containers":[{"name":"web","tty":true}]}}}}');
    expect((await containersOf('web'))[0]).toMatchObject({ image: 'parley/web:1.0.0', tty: true });
    await kubectl('scale deployment web --replicas=3');
    await kubectl('set image deployment/web web=parley/web:2.0.0');
    await kubectl('label deployment web colour=blue');
    await kubectl('annotate deployment web note=hello');
    expect(await kubectl('get deployments -l colour=blue -o name')).toBe('deployment.apps/web\n');
    expect(await kubectl('get deployment web -o jsonpath={.spec.replicas}')).toBe('3');
    await kubectl('rollout resume deployment/web');
    await kubectl('rollout restart deployment/web');
    expect(await kubectl('rollout history deployment/web')).toContain('deployment.apps/web');
    expect(await kubectl('describe deployment web')).toMatch(/Image: +parley\/web:2.0.0/);
  });

  test('Pods: wide, selectors, describe, logs, top, wait, delete', async () => {
    await kubectl('run p1 --image=a:1 --labels=app=p');
    const pod = server.store.get<Pod>('Pod', 'p1', 'default')!;
    const state = { running: { startedAt: pod.metadata.creationTimestamp } };
    const running = { name: 'p1', image: 'a:1', imageID: '', ready: true, restartCount: 0, state };
    server.store.updateStatus({
      ...pod,
      status: {
        phase: 'Running',
        podIP: '127.3.1.1',
        conditions: [{ type: 'Ready', status: 'True' }],
        containerStatuses: [running],
      },
    });
    expect(await kubectl('get pods -o wide')).toMatch(/p1 +1\/1 +Running +0 +\d+s +127\.3\.1\.1/);
    expect(await kubectl('get pods -A --field-selector status.phase=Running -o name')).toBe('pod/p1\n');
    expect((await attempt(['get', 'pods', '--field-selector', 'status.phase=Failed'])).stderr).toContain(
      'No resources found',
    );
    await kubectl('wait --for=condition=Ready pod/p1 --timeout=5s');
    expect(await kubectl('describe pod p1')).toMatch(/Status: +Running/);
    server.logs.append('one');
    expect(await kubectl('logs p1 --tail=1')).toBe('one\n');
    const following = start([binary, 'logs', '-f', 'p1'], { env });
    await eventually('the first line', 10_000, following.stdout, (text) => text === 'one\n');
    server.logs.append('two');
    await eventually('the second line', 10_000, following.stdout, (text) => text === 'one\ntwo\n');
    following.child.kill('SIGINT');
    await following.finished;
    server.usage.push({
      namespace: 'default',
      name: 'p1',
      containers: [{ name: 'p1', cpuNanoCores: 5e6, memoryBytes: 2 ** 26 }],
    });
    expect(await kubectl('top pods')).toMatch(/p1 +5m +64Mi/);
    const waiting = start([binary, 'wait', '--for=delete', 'pod/p1', '--timeout=20s'], { env });
    await kubectl('delete pod p1 --grace-period=0 --force');
    expect((await waiting.finished).code).toBe(0);
  });

  test('get -w shows what changes, as a table', async () => {
    const watching = start([binary, 'get', 'configmaps', '-w', '--no-headers'], { env });
    await eventually('the first row', 10_000, watching.stdout, (text) => /^c +1 /m.test(text));
    await kubectl('create configmap later --from-literal=a=1 --from-literal=b=2');
    await eventually('the new row', 10_000, watching.stdout, (text) => /^later +2 /m.test(text));
    watching.child.kill('SIGINT');
    await watching.finished;
  });

  test('custom kinds: define, list with their columns, delete with their definition', async () => {
    const schema = {
      type: 'object',
      properties: {
        spec: { type: 'object', required: ['size'], properties: { size: { type: 'integer', minimum: 1 } } },
      },
    };
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'shoes.example.org' },
      spec: {
        group: 'example.org',
        scope: 'Namespaced',
        names: { plural: 'shoes', kind: 'Shoe', shortNames: ['sh'] },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: schema },
            additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
          },
        ],
      },
    };
    const shoe = (size: unknown) => ({
      apiVersion: 'example.org/v1',
      kind: 'Shoe',
      metadata: { name: 'left' },
      spec: { size },
    });
    await kubectl('apply -f -', definition);
    await kubectl('wait --for=condition=Established crd/shoes.example.org --timeout=5s');
    await kubectl('apply -f -', shoe(42));
    expect(await kubectl('get sh')).toMatch(/^NAME +SIZE\nleft +42\n$/);
    expect((await attempt(['apply', '-f', '-'], shoe(0))).stderr).toContain(
      'spec.size: Invalid value: 0: must be at least 1',
    );
    await kubectl('delete crd shoes.example.org');
    expect(server.store.list('Shoe.example.org').items).toEqual([]);
  });

  test('discovery, version, who I am; what is not served says so', async () => {
    expect(await kubectl('api-resources --api-group=apps -o name')).toContain('deployments.apps');
    expect(await kubectl('api-versions')).toContain('gateway.networking.k8s.io/v1');
    expect(await kubectl('version')).toMatch(/Server Version: v1\.\d+\.\d+/);
    expect(await kubectl('auth can-i create pods')).toBe('yes\n');
    expect(await kubectl('auth whoami')).toContain('admin');
    expect(await kubectl('cluster-info')).toContain(server.url);
    expect(
      (await attempt(['apply', '--server-side', '-f', '-'], deployment([{ name: 'a', image: 'x' }]))).stderr,
    ).toContain('server-side apply is not served');
    await kubectl('run p2 --image=a:1');
    expect((await attempt(['exec', 'p2', '--', 'ls'])).stderr).toContain('does not serve pods/exec');
    expect((await attempt(['get', 'nosuch'])).stderr).toContain('the server doesn\'t have a resource type "nosuch"');
    const daemonSet = { ...deployment([{ name: 'a', image: 'x' }]), kind: 'DaemonSet' };
    expect((await attempt(['apply', '-f', '-'], daemonSet)).stderr).toContain('no matches for kind "DaemonSet"');
  });

  test('delete by name, by label, with a dry run', async () => {
    await kubectl('delete deployment web --dry-run=server');
    await kubectl('delete deployment -l colour=blue');
    expect(await kubectl('get deployments -o name')).toBe('deployment.apps/api\n');
    await kubectl('delete namespace shop --timeout=5s');
  });
});
