import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Pod, PodList } from 'kubernetes-types/core/v1.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { conversations, type Forgery, inbound, openForgery, rowsOf } from '../edges.ts';
import { eventually } from '../eventually.ts';
import { type Exchange, startExchange } from '../exchange.ts';
import { addressBlock } from '../leftovers.ts';
import { processesOfPod } from '../pods.ts';
import { probe } from '../probe.ts';
import { listeners, listenersOf, processesOf } from '../processes.ts';

let exchange: Exchange;
let forgery: Forgery;
beforeAll(async () => {
  exchange = await startExchange();
  forgery = await openForgery(exchange);
});
afterAll(async () => {
  forgery?.close();
  await exchange?.stop();
});

for (const conversation of conversations) {
  for (const caller of conversation.callers) {
    test(`${caller} -> ${conversation.provider} (${conversation.protocol}): allowed; whoever else comes is refused`, async () => {
      const [right, ...others] = await rowsOf(exchange, forgery, conversation, caller);
      expect(right?.verdict).toEqual({ outcome: 'allowed', said: expect.any(String) });
      expect(others.length).toBeGreaterThanOrEqual(6);
      expect(others.filter(({ verdict }) => verdict.outcome !== 'refused')).toEqual([]);
      const said = others.map(({ who, verdict }) => `${who}: ${verdict.said}`).join(' | ');
      process.stdout.write(`${caller} -> ${conversation.provider}: ${said}\n`);
    });
  }
}

test('the check can fail: with the policy widened the refused call goes through, and no longer when it is mended', async () => {
  const target = await inbound(exchange, { provider: 'accounts', port: 8080 });
  const stranger = await forgery.as('stranger');
  const principal = (name: string) =>
    JSON.stringify([
      {
        op: 'replace',
        path: '/spec/rules/0/from/0/source/principals/0',
        value: `cluster.local/ns/exchange/sa/${name}`,
      },
    ]);
  const outcome = async () => (await probe(target, 'rest', stranger)).outcome;
  const patch = (name: string) =>
    exchange.kubectl('patch', 'authorizationpolicy', 'accounts-from-portfolio', '--type=json', '-p', principal(name));
  expect(await outcome()).toBe('refused');
  await patch('stranger');
  await eventually('the stranger is let in', 10_000, outcome, (seen) => seen === 'allowed');
  await patch('portfolio');
  await eventually('the stranger is refused', 10_000, outcome, (seen) => seen === 'refused');
});

test('nobody gets around a sidecar: no application has a TCP port, and its sockets are its own', async () => {
  const { items } = await exchange.get<PodList>('pods');
  for (const pod of items) {
    const { app, sidecar } = processesOfPod(exchange, pod);
    const name = pod.metadata?.name;
    expect(sidecar.length, `sidecars of ${name}`).toBeGreaterThan(0);
    for (const { pid, command } of app) expect(listenersOf(pid), `${name}: ${command}`).toEqual([]);
    expect(statSync(join(exchange.home, 'pods', pod.metadata?.uid ?? '')).mode & 0o077, name).toBe(0);
    expect(condition(pod, 'parley.dev/Isolated'), name).toBe('True');
  }
  const block = addressBlock(exchange.kubeconfig);
  const daemon = processesOf(exchange.home).filter(({ command }) => command.includes('local/daemon/main.ts'));
  const known = [...items.flatMap((pod) => processesOfPod(exchange, pod).sidecar), ...daemon];
  const theirs = new Set(known.flatMap(({ pid }) => listenersOf(pid)).map(({ inode }) => inode));
  const inBlock = listeners().filter(({ address }) => address.startsWith(`${block}.`));
  expect(inBlock.length).toBeGreaterThan(items.length);
  expect(inBlock.filter(({ inode }) => !theirs.has(inode))).toEqual([]);
});

function condition({ status }: Pod, wanted: string): string | undefined {
  return status?.conditions?.find(({ type }) => type === wanted)?.status;
}
