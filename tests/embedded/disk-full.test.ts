import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../eventually.ts';
import { allReady } from '../pods.ts';
import { processesOf } from '../processes.ts';
import type { Finished } from '../program.ts';
import { openSite, type Site } from './site.ts';
import { type SmallDisk, smallDisk } from './small-disk.ts';

const megabytes = 400;
/** Large enough that a log file with room in it is soon full. */
const large = 'x'.repeat(500_000);
const mostWrites = 60;

let disk: SmallDisk;
let site: Site;
beforeAll(async () => {
  site = await openSite({}, async (home) => {
    disk = await smallDisk(home, megabytes);
    return disk.prefix;
  });
  await site.parley('up', '--target', 'embedded');
});
afterAll(async () => {
  await disk?.free();
  await site?.stop();
  await disk?.close();
});

function remember(name: string): Promise<Finished> {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { large } };
  return site.attemptKubectl(['create', '-f', '-'], JSON.stringify(object));
}

/** Writes until one is refused: the names that were acknowledged before, and the refusal. */
async function writeUntilRefused(): Promise<{ readonly kept: string[]; readonly refused: Finished }> {
  const kept: string[] = [];
  for (let count = 0; count < mostWrites; count++) {
    const name = `kept-${count}`;
    const finished = await remember(name);
    if (finished.code !== 0) return { kept, refused: finished };
    kept.push(name);
  }
  throw new Error(`${mostWrites} writes of ${large.length} bytes were taken by a disk without a free byte`);
}

async function names(): Promise<string[]> {
  const lines = (await site.kubectl('get', 'configmaps', '-o', 'name')).trim().split('\n');
  return lines.map((line) => line.replace('configmap/', ''));
}

test('a full disk: writes are refused by name, reads go on, and what was acknowledged is there afterwards', async () => {
  await disk.fill();
  const { kept, refused } = await writeUntilRefused();
  process.stdout.write(`full disk, after ${kept.length} writes: ${refused.stderr}`);
  expect(refused.stderr).toMatch(/disk|space/i);
  expect(await names()).toEqual(expect.arrayContaining(kept));
  expect(await names()).not.toContain(`kept-${kept.length}`);

  await disk.free();
  const taken = async () => (await remember('later')).code;
  await eventually('writes are taken again', 30_000, taken, (code) => code === 0);
  await allReady(site, 60_000);
  const answering = async () => await site.attempt(['try']);
  await eventually('every conversation answers', 60_000, answering, ({ code }) => code === 0);

  const daemon = processesOf(site.home).filter(({ command }) => command.includes('local/daemon/main.ts'));
  expect(daemon).toHaveLength(1);
  for (const { pid } of daemon) process.kill(pid, 'SIGKILL');
  await site.parley('up', '--target', 'embedded');
  expect(await names()).toEqual(expect.arrayContaining([...kept, 'later']));
});
