import { afterEach, expect, it } from 'vitest';
import { condition } from '../objects/conditions.ts';
import { forever, meshless, openTestNode, script, statusOf, type TestNode, testNamespace } from './test-node.ts';

let node: TestNode | undefined;

afterEach(() => node?.close());

it('a sidecar that does not start holds its Pod back with the reason, until it does', async () => {
  let attempts = 0;
  const start = async () => {
    attempts += 1;
    if (attempts < 3) throw new Error('Envoy refused its first configuration');
  };
  node = await openTestNode({ sidecars: { ...meshless, start } });
  node.create('web', { containers: [script(forever)] });
  const waiting = await node.until('the reason', 'web', (pod) => statusOf(pod)?.state?.waiting?.message);
  expect(waiting).toBe('cannot start its sidecar: Envoy refused its first configuration');
  await node.until('ready', 'web', (pod) => condition(pod.status?.conditions, 'Ready')?.status === 'True');
  expect(attempts).toBe(3);
});

it('a Pod that is deleted while its sidecar does not start goes', async () => {
  const start = () => Promise.reject(new Error('no Envoy'));
  node = await openTestNode({ sidecars: { ...meshless, start } });
  node.create('web', { containers: [script(forever)] });
  await node.until('the reason', 'web', (pod) => statusOf(pod)?.state?.waiting?.message);
  node.store.delete('Pod', 'web', testNamespace);
  await node.gone('web');
});
