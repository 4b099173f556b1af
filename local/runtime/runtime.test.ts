import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { condition } from '../objects/conditions.ts';
import { listProcesses, readMarker } from '../process/proc.ts';
import { eventually } from '../test-clock.ts';
import { forever, openTestNode, script, statusOf, type TestNode, testNamespace } from './test-node.ts';

let node: TestNode;

beforeEach(async () => {
  node = await openTestNode();
});

afterEach(() => node.close());

const ready = (name: string) =>
  node.until('ready', name, (pod) => condition(pod.status?.conditions, 'Ready')?.status === 'True' && pod);
const remove = (name: string, gracePeriodSeconds?: number) =>
  node.store.delete('Pod', name, testNamespace, { gracePeriodSeconds });
const processesOf = (uid: string) => listProcesses().filter(({ pid }) => readMarker(pid)?.startsWith(uid));

describe('a Pod', () => {
  it('runs with exactly its own environment, and its status is what kubectl expects', async () => {
    const env = [
      { name: 'GREETING', value: 'hello' },
      { name: 'LONG', value: '$(GREETING) from $(POD) $(NOBODY) $$(GREETING)' },
      { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'LABEL', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
      { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'LIMIT', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
    ];
    const container = script(
      `console.log(JSON.stringify([process.env, process.cwd(), process.argv.slice(1)])); ${forever}`,
      {
        env,
        resources: { limits: { memory: '64Mi' } },
      },
    );
    node.create(
      'web',
      { containers: [{ ...container, args: [...(container.args ?? []), '$(GREETING)'] }] },
      { labels: { app: 'web' } },
    );
    const pod = await ready('web');
    const [environment, cwd, argv] = JSON.parse(await eventually('output', () => readLog(pod.metadata.uid))) as [
      Record<string, string>,
      string,
      string[],
    ];
    const sandbox = path.join(node.dir, 'pods', pod.metadata.uid);
    expect(environment).toEqual({
      GREETING: 'hello',
      LONG: 'hello from $(POD) $(NOBODY) $(GREETING)',
      POD: 'web',
      LABEL: 'web',
      POD_IP: '127.199.1.1',
      LIMIT: '64',
      PATH: expect.stringContaining('/usr/bin'),
      HOME: `${sandbox}/tmp`,
      TMPDIR: `${sandbox}/tmp`,
      HOSTNAME: 'web',
      HOST: '127.199.1.1',
      PARLEY_POD: `${pod.metadata.uid}/app`,
    });
    expect([cwd, argv]).toEqual([sandbox, ['hello']]);
    expect(pod.spec?.nodeName).toBe('parley');
    expect(pod.status).toMatchObject({
      phase: 'Running',
      podIP: '127.199.1.1',
      podIPs: [{ ip: '127.199.1.1' }],
      hostIP: '127.199.0.1',
      qosClass: 'Burstable',
      containerStatuses: [
        { name: 'app', ready: true, started: true, restartCount: 0, state: { running: {} }, lastState: {} },
      ],
    });
    expect(pod.status?.conditions?.map(({ type, status }) => `${type}=${status}`)).toEqual([
      'PodScheduled=True',
      'Initialized=True',
      'ContainersReady=True',
      'Ready=True',
      'parley.dev/Isolated=False',
    ]);
    remove('web');
    await node.gone('web');
    expect(existsSync(sandbox)).toBe(false);
    expect(processesOf(pod.metadata.uid)).toEqual([]);
  });

  const readLog = (uid: string) => {
    const file = path.join(node.dir, 'pods', uid, 'containers/app/0.log');
    return existsSync(file) && readFileSync(file, 'utf8').includes('\n') && readFileSync(file, 'utf8');
  };

  it.each([
    ['Never', 0, 'Succeeded', 'Completed'],
    ['Never', 3, 'Failed', 'Error'],
    ['OnFailure', 0, 'Succeeded', 'Completed'],
  ])('%s, exit %i: %s', async (restartPolicy, exitCode, phase, reason) => {
    node.create('job', { restartPolicy, containers: [script(`console.error('bye'); process.exit(${exitCode})`)] });
    const pod = await node.until(phase, 'job', (candidate) => candidate.status?.phase === phase && candidate);
    expect(statusOf(pod)).toMatchObject({ ready: false, restartCount: 0, state: { terminated: { exitCode, reason } } });
    expect(await node.logs('job')).toBe('bye\n');
  });

  it('that crashes is restarted with a growing back-off, and says why', async () => {
    node.create('crash', { containers: [script("console.log('no database'); process.exit(2)")] });
    const pod = await node.until('CrashLoopBackOff', 'crash', (candidate) => {
      const status = statusOf(candidate);
      return status?.state?.waiting?.reason === 'CrashLoopBackOff' && status.restartCount >= 3 && candidate;
    });
    expect(statusOf(pod)?.state?.waiting?.message).toMatch(/back-off \d+ ms .*exit code 2; last output:\nno database/s);
    expect(statusOf(pod)?.lastState?.terminated).toMatchObject({ exitCode: 2, message: 'no database' });
    expect(pod.status?.phase).toBe('Running');
    expect(await node.logs('crash', { previous: true })).toBe('no database\n');
    await eventually('the event', () =>
      node.events('crash').some((event) => event.startsWith('BackOff: Back-off restarting failed container app')),
    );
  });

  it('is killed for good after its grace period, with what it forked', async () => {
    const fork = `require('node:child_process').spawn(process.execPath, ['-e', '${forever}'], { detached: true, stdio: 'ignore' });`;
    node.create('stubborn', {
      terminationGracePeriodSeconds: 1,
      containers: [script(`${fork} process.on('SIGTERM', () => {}); console.log('up'); ${forever}`)],
    });
    const { uid } = (await ready('stubborn')).metadata;
    await eventually('both run', () => processesOf(uid).length === 2);
    await eventually('it listens to signals', () => readLog(uid));
    remove('stubborn');
    expect(node.pod('stubborn')?.metadata.deletionTimestamp).toBeDefined();
    await node.gone('stubborn');
    expect(processesOf(uid)).toEqual([]);
  });

  it('goes at once when it is deleted by force', async () => {
    node.create('web', { containers: [script(`process.on('SIGTERM', () => {}); ${forever}`)] });
    const { uid } = (await ready('web')).metadata;
    remove('web', 0);
    expect(node.pod('web')).toBeUndefined();
    await eventually('no process is left', () => processesOf(uid).length === 0);
    await eventually('its folder is gone', () => readdirSync(path.join(node.dir, 'pods')).length === 0);
  });

  it('never gets the address of one that has just gone', async () => {
    node.create('one', { containers: [script(forever)] });
    await ready('one');
    remove('one', 0);
    node.create('two', { containers: [script(forever)] });
    expect((await ready('two')).status?.podIP).toBe('127.199.1.2');
  });

  it('that cannot be had says which field, and others go on', async () => {
    node.create('host', {
      hostNetwork: true,
      containers: [script(forever, { securityContext: { privileged: true } })],
      volumes: [{ name: 'h', hostPath: { path: '/' } }],
    });
    const pod = await node.until(
      'refused',
      'host',
      (candidate) => candidate.status?.reason === 'Unsupported' && candidate,
    );
    expect(pod.status?.message).toContain(
      'spec.hostNetwork, spec.volumes{h}.hostPath, spec.containers{app}.securityContext.privileged',
    );
    expect(condition(pod.status?.conditions, 'PodScheduled')).toMatchObject({
      status: 'False',
      reason: 'Unschedulable',
    });
    node.create('web', { containers: [script(forever)] });
    await ready('web');
    remove('host');
    await node.gone('host');
  });

  it('ends after activeDeadlineSeconds', async () => {
    node.create('slow', { activeDeadlineSeconds: 1, containers: [script(forever)] });
    const pod = await node.until(
      'the deadline',
      'slow',
      (candidate) => candidate.status?.phase === 'Failed' && candidate,
    );
    expect(pod.status?.reason).toBe('DeadlineExceeded');
  });
});

describe('images', () => {
  it('that are missing end in ImagePullBackOff with the list of those that are there', async () => {
    node.create('web', { containers: [script('', { image: 'test/node:2' })] });
    await node.until('ErrImagePull', 'web', (pod) => statusOf(pod)?.state?.waiting?.reason === 'ErrImagePull');
    const waiting = await node.until('ImagePullBackOff', 'web', (pod) => {
      const state = statusOf(pod)?.state?.waiting;
      return state?.reason === 'ImagePullBackOff' && state;
    });
    expect(waiting.message).toContain(
      'image "test/node:2" is not on this machine; it has: test/node:1; build what is new with: node services/bundle.ts',
    );
    expect(node.pod('web')?.status?.phase).toBe('Pending');
  });
});

describe('init containers', () => {
  it('run in order before the others; a native sidecar stays until the end', async () => {
    const note = (text: string) => `require('node:fs').appendFileSync('tmp/order', '${text} ');`;
    node.create('web', {
      restartPolicy: 'Never',
      initContainers: [
        script(note('first'), { name: 'first' }),
        script(`${note('sidecar')} process.on('SIGTERM', () => { ${note('bye')} process.exit(0); }); ${forever}`, {
          name: 'proxy',
          restartPolicy: 'Always',
          startupProbe: { exec: { command: ['grep', 'sidecar', 'tmp/order'] } },
        }),
        script(note('second'), { name: 'second' }),
      ],
      containers: [script(note('app'))],
    });
    const pod = await node.until('the end', 'web', (candidate) => candidate.status?.phase === 'Succeeded' && candidate);
    const order = () => readFileSync(path.join(node.dir, 'pods', pod.metadata.uid, 'tmp/order'), 'utf8');
    await eventually('the sidecar ends too', () => order().includes('bye'), order);
    expect(order()).toBe('first sidecar second app bye ');
    expect(statusOf(pod, 'first')).toMatchObject({ ready: true, state: { terminated: { exitCode: 0 } } });
  });

  it('that fail keep the others from starting', async () => {
    node.create('web', {
      restartPolicy: 'Never',
      initContainers: [script('process.exit(1)', { name: 'first' })],
      containers: [script(forever)],
    });
    const pod = await node.until('Failed', 'web', (candidate) => candidate.status?.phase === 'Failed' && candidate);
    expect(condition(pod.status?.conditions, 'Initialized')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotInitialized',
    });
    expect(statusOf(pod)?.state?.waiting?.reason).toBe('PodInitializing');
  });
});

describe('the whole node', () => {
  it('takes a container whose image the mesh fills in as given by the sidecar', async () => {
    node.create('edge', { containers: [{ name: 'istio-proxy', image: 'auto' }] });
    const pod = await ready('edge');
    expect(processesOf(pod.metadata.uid)).toEqual([]);
    remove('edge');
    await node.gone('edge');
  });

  it('reports use, and counts events', async () => {
    node.create('web', { containers: [script(`const b = Buffer.alloc(32 << 20, 1); ${forever}`)] });
    await ready('web');
    const memory = () => [...node.runtime.usage.pods()][0]?.containers[0]?.memoryBytes ?? 0;
    await eventually('memory is seen', () => memory() > 32 << 20, memory);
    const wanted = ['Scheduled: Successfully assigned exchange/web to parley', 'Started: Started container app'];
    await eventually(
      'events',
      () => wanted.every((event) => node.events('web').includes(event)),
      () => node.events('web'),
    );
    expect(node.store.get('Node', 'parley')?.status).toMatchObject({ conditions: [{ type: 'Ready', status: 'True' }] });
  });

  it('keeps a Pod that cannot be prepared to itself, with the reason, and goes on when it can', async () => {
    const volume = path.join(node.dir, 'volumes', testNamespace);
    mkdirSync(volume, { recursive: true });
    writeFileSync(path.join(volume, 'data'), '');
    const metadata = { name: 'data', namespace: testNamespace };
    const resources = { requests: { storage: '1Gi' } };
    node.store.create({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata,
      spec: { accessModes: ['ReadWriteOnce'], resources },
    });
    node.create('stuck', {
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }],
      containers: [script(forever)],
    });
    node.create('fine', { containers: [script(forever)] });
    await ready('fine');
    const waiting = await node.until('the reason', 'stuck', (pod) => statusOf(pod)?.state?.waiting?.message);
    expect(waiting).toMatch(/cannot prepare its volumes: EEXIST/);
    rmSync(path.join(volume, 'data'));
    await ready('stuck');
  });

  it('ends everything when it stops', async () => {
    node.create('web', { containers: [script(forever)] });
    const { uid } = (await ready('web')).metadata;
    await node.runtime.stop();
    expect(processesOf(uid)).toEqual([]);
    expect(node.pod('web')).toBeDefined();
  });
});
