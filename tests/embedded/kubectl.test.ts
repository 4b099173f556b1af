import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { Service } from 'kubernetes-types/core/v1.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../eventually.ts';
import type { Exchange } from '../exchange.ts';
import { loadOf } from '../load.ts';
import { type Finished, run, start } from '../program.ts';
import { kubectlBinary } from '../tools/kubectl.ts';
import { startEmbedded } from './site.ts';

const versions = ['1.32', '1.36'] as const;

let exchange: Exchange;
beforeAll(async () => {
  exchange = await startEmbedded();
});
afterAll(() => exchange.stop());

/** A program of the user's own: no part of the kit, no sockets, outside the mesh. */
function ownDeployment(name: string, text: string): Deployment {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels: { ...labels, 'sidecar.istio.io/inject': 'false' } },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [
            {
              name: 'main',
              image: 'parley/accounts:1.4.0',
              command: ['/bin/sh', '-c', `echo ${text} is up; exec sleep 86400`],
            },
          ],
        },
      },
    },
  };
}

function ownService(name: string): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector: { app: name }, ports: [{ name: 'http', port: 8080 }] },
  };
}

for (const version of versions) {
  describe(`kubectl ${version}`, () => {
    let binary: string;
    beforeAll(async () => {
      binary = await kubectlBinary(version);
    });
    const attempt = (args: readonly string[], stdin?: string): Promise<Finished> =>
      run([binary, '-n', 'exchange', ...args], { env: exchange.env, stdin });
    const kubectl = async (...args: readonly string[]): Promise<string> => {
      const finished = await attempt(args);
      expect(finished.code, `kubectl ${args.join(' ')}\n${finished.stderr}`).toBe(0);
      return finished.stdout;
    };

    test('get: the usual columns, wide, name, jsonpath, labels, all namespaces', async () => {
      const table = await kubectl('get', 'pods');
      expect(table.split('\n')[0]?.split(/\s+/).filter(Boolean)).toEqual([
        'NAME',
        'READY',
        'STATUS',
        'RESTARTS',
        'AGE',
      ]);
      expect(table).toMatch(/accounts-1-4-0-\S+\s+1\/1\s+Running\s+0\s+\d+/);
      expect(await kubectl('get', 'pods', '-o', 'wide')).toMatch(/127\.\d+\.\d+\.\d+/);
      expect(await kubectl('get', 'deployments', '-o', 'name')).toContain('deployment.apps/accounts-1-4-0');
      const image = '{.spec.template.spec.containers[0].image}';
      expect(await kubectl('get', 'deployment/accounts-1-4-0', '-o', `jsonpath=${image}`)).toBe(
        'parley/accounts:1.4.0',
      );
      expect(await kubectl('get', 'services', '-l', 'app.kubernetes.io/name=orders', '-o', 'name')).toMatch(
        /service\/orders/,
      );
      expect(await kubectl('get', 'pods', '-A')).toContain('exchange');
      expect(await kubectl('get', 'httproutes,grpcroutes,gateways')).toMatch(/edge-accounts/);
    });

    test('describe: a Pod with its events, a Deployment with its ReplicaSet', async () => {
      const pod = await kubectl('describe', 'pods', '-l', 'app.kubernetes.io/name=accounts');
      expect(pod).toMatch(/Image:\s+parley\/accounts:1\.4\.0/);
      expect(pod).toMatch(/Conditions:[\s\S]*Ready\s+True/);
      expect(pod).toMatch(/Events:[\s\S]*Started/);
      expect(await kubectl('describe', 'deployment', 'accounts-1-4-0')).toMatch(/NewReplicaSet:\s+accounts-1-4-0-/);
    });

    test('logs -f: what was written, and what is written while one looks', async () => {
      await exchange.attemptKubectl(['apply', '-f', '-'], JSON.stringify(ownDeployment('logged', 'logged')));
      await kubectl('rollout', 'status', 'deployment/logged', '--timeout=60s');
      const following = start([binary, '-n', 'exchange', 'logs', '-f', 'deployment/logged'], { env: exchange.env });
      await eventually('the line of the program', 10_000, following.stdout, (text) => text.includes('logged is up'));
      await kubectl('delete', 'deployment', 'logged');
      expect((await following.finished).code).toBe(0);
      expect(await kubectl('logs', 'deployment/accounts-1-4-0', '--all-containers', '--tail=5')).not.toBe('');
    });

    test('scale, rollout status, wait', async () => {
      await kubectl('scale', 'deployment/accounts-1-4-0', '--replicas=2');
      expect(await kubectl('rollout', 'status', 'deployment/accounts-1-4-0', '--timeout=60s')).toContain(
        'successfully rolled out',
      );
      await kubectl('wait', '--for=condition=Ready', 'pod', '-l', 'app.kubernetes.io/name=accounts', '--timeout=60s');
      expect(
        (await kubectl('get', 'pods', '-l', 'app.kubernetes.io/name=accounts', '-o', 'name')).trim().split('\n'),
      ).toHaveLength(2);
      await kubectl('scale', 'deployment/accounts-1-4-0', '--replicas=1');
      await eventually(
        'one Pod',
        30_000,
        () => kubectl('get', 'pods', '-l', 'app.kubernetes.io/name=accounts', '-o', 'name'),
        (names) => names.trim().split('\n').length === 1,
      );
    });

    test('set image: the other release runs when rollout status says so; an image that is not there says which are', async () => {
      const container = await kubectl(
        'get',
        'deployment/accounts-1-4-0',
        '-o',
        'jsonpath={.spec.template.spec.containers[0].name}',
      );
      const answering = async () => Object.keys((await loadOf(exchange, 'rest', 10, 1)).releases);
      for (const release of ['2.0.0', '1.4.0']) {
        await kubectl('set', 'image', 'deployment/accounts-1-4-0', `${container}=parley/accounts:${release}`);
        await kubectl('rollout', 'status', 'deployment/accounts-1-4-0', '--timeout=60s');
        expect(
          await kubectl(
            'get',
            'pods',
            '-l',
            'app.kubernetes.io/name=accounts',
            '-o',
            'jsonpath={.items[*].spec.containers[0].image}',
          ),
        ).toContain(release);
        // Rollout status does not wait for Pods that leave: they finish what they were sent before they are out of every sidecar's way.
        await eventually('one release answers', 5_000, answering, (releases) => releases.length === 1);
      }
      await kubectl('set', 'image', 'deployment/accounts-1-4-0', `${container}=parley/accounts:9.9.9`);
      await eventually(
        'ErrImagePull',
        30_000,
        () => kubectl('get', 'pods'),
        (table) => /ErrImagePull|ImagePullBackOff/.test(table),
      );
      expect(await answering()).toHaveLength(1);
      await kubectl('rollout', 'undo', 'deployment/accounts-1-4-0');
      await kubectl('rollout', 'status', 'deployment/accounts-1-4-0', '--timeout=60s');
    });

    test("apply and delete a Deployment and a Service of one's own", async () => {
      const list = { apiVersion: 'v1', kind: 'List', items: [ownDeployment('own', 'own'), ownService('own')] };
      const applied = await attempt(['apply', '-f', '-'], JSON.stringify(list));
      expect(applied.stdout).toBe('deployment.apps/own created\nservice/own created\n');
      expect((await attempt(['apply', '-f', '-'], JSON.stringify(list))).stdout).toMatch(/unchanged\n.*unchanged/);
      await kubectl('wait', '--for=condition=Available', 'deployment/own', '--timeout=60s');
      const isolated = '{.items[0].status.conditions[?(@.type=="parley.dev/Isolated")].status}';
      expect(await kubectl('get', 'pods', '-l', 'app=own', '-o', `jsonpath=${isolated}`)).toBe('False');
      const deleted = await attempt(['delete', '-f', '-', '--timeout=60s'], JSON.stringify(list));
      expect(deleted.stdout).toContain('deployment.apps "own" deleted');
      await eventually(
        'its Pods are gone',
        20_000,
        () => kubectl('get', 'pods', '-l', 'app=own', '-o', 'name'),
        (names) => names === '',
      );
    });

    test('what cannot be enforced is refused, with the field', async () => {
      const policy = {
        apiVersion: 'security.istio.io/v1',
        kind: 'AuthorizationPolicy',
        metadata: { name: 'by-claim' },
        spec: { rules: [{ when: [{ key: 'request.auth.claims[iss]', values: ['https://identity.exchange'] }] }] },
      };
      const refused = await attempt(['apply', '-f', '-'], JSON.stringify(policy));
      expect(refused.code).not.toBe(0);
      expect(refused.stderr).toContain('spec.rules[0].when');
      expect((await attempt(['get', 'authorizationpolicy', 'by-claim'])).stderr).toContain('not found');
    });

    test('what is not there answers with a reason: exec, server-side apply, an unknown kind', async () => {
      const exec = await attempt(['exec', 'deployment/accounts-1-4-0', '--', 'true']);
      expect(exec.code).not.toBe(0);
      expect(exec.stderr).not.toBe('');
      const serverSide = await attempt(['apply', '--server-side', '-f', '-'], JSON.stringify(ownService('own')));
      expect(serverSide.code).not.toBe(0);
      expect(serverSide.stderr).toMatch(/415|patch|media type/i);
      expect((await attempt(['get', 'nosuchthings'])).stderr).toContain('nosuchthings');
    });
  });
}
