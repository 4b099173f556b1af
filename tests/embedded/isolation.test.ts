import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Pod, PodList } from 'kubernetes-types/core/v1.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Exchange } from '../exchange.ts';
import { addressBlock } from '../leftovers.ts';
import { processesOfPod } from '../pods.ts';
import { listeners, listenersOf, processesOf } from '../processes.ts';
import { startEmbedded } from './site.ts';

let exchange: Exchange;
beforeAll(async () => {
  exchange = await startEmbedded();
});
afterAll(() => exchange?.stop());

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
