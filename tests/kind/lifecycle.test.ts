import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { PodList } from 'kubernetes-types/core/v1.js';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type Exchange, startExchange } from '../exchange.ts';
import { type Finished, succeed } from '../program.ts';
import { testPlace } from '../target.ts';
import { upArguments } from './place.ts';

const up = upArguments(testPlace().mesh);
const { cluster } = inject('kindPlace');

let exchange: Exchange;
beforeAll(async () => {
  exchange = await startExchange();
});
afterAll(() => exchange?.stop());

const docker = async (...args: string[]) =>
  (await succeed(['docker', ...args], { env: exchange.env })).stdout.split('\n').filter(Boolean).sort();
const containers = () => docker('ps', '--all', '--filter', `name=${cluster}`, '--format', '{{.Names}}');
const images = () => docker('image', 'ls', '--format', '{{.Repository}}:{{.Tag}}', 'parley/*');

/** Pods of all namespaces, so that a control plane that was started anew is seen too; those that are about to go are not counted. */
async function pods(): Promise<string[]> {
  const { items } = await exchange.get<PodList>('pods', '--all-namespaces');
  return items
    .filter(({ metadata }) => !metadata?.deletionTimestamp)
    .map(({ metadata }) => `${metadata?.namespace}/${metadata?.name} ${metadata?.uid}`)
    .sort();
}

/** The kubeconfig that kubectl takes in the user's own shell; undefined when there is none. */
function usersKubeconfig(): string | undefined {
  const file = process.env.KUBECONFIG ?? join(homedir(), '.kube/config');
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

const seconds = ({ durationMs }: Finished) => (durationMs / 1000).toFixed(1);

test('a second up replaces no Pod and is quick', async () => {
  const before = await pods();
  const again = await exchange.parley(...up);
  process.stdout.write(`up again: ${seconds(again)} s\n${again.stderr}\n`);
  expect(await pods()).toEqual(before);
  expect(again.durationMs).toBeLessThan(60_000);
});

test('down removes all that up made and leaves images; up brings it back', async () => {
  const [own, built] = [usersKubeconfig(), await images()];
  expect(await containers()).not.toEqual([]);
  const down = await exchange.parley('down');
  expect(await containers()).toEqual([]);
  expect(existsSync(exchange.kubeconfig)).toBe(false);
  expect(usersKubeconfig()).toEqual(own);
  expect(await images()).toEqual(expect.arrayContaining(built));
  expect(built).not.toEqual([]);
  const nothing = await exchange.parley('down');
  const warm = await exchange.parley(...up);
  process.stdout.write(
    `down: ${seconds(down)} s, again ${seconds(nothing)} s; up with images built: ${seconds(warm)} s\n${warm.stderr}\n`,
  );
  await exchange.parley('try');
});
