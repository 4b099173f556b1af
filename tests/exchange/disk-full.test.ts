import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../eventually.ts';
import { openSite, type Site } from '../exchange.ts';
import { allReady } from '../pods.ts';
import { processesOf } from '../processes.ts';
import { type SmallDisk, smallDisk } from '../small-disk.ts';

const megabytes = 400;

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

function remember(name: string) {
  return site.attemptKubectl(['create', 'configmap', name, `--from-literal=text=${'x'.repeat(50_000)}`]);
}

test('a full disk: writes are refused by name, reads go on, and what was acknowledged is there afterwards', async () => {
  const kept = await remember('kept');
  expect(kept.code, kept.stderr).toBe(0);
  await disk.fill();
  const refused = await remember('refused');
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toMatch(/disk|space/i);
  expect(await site.kubectl('get', 'configmap', 'kept', '-o', 'name')).toContain('kept');
  expect((await site.attemptKubectl(['get', 'configmap', 'refused'])).stderr).toContain('not found');

  await disk.free();
  await eventually(
    'writes are taken again',
    30_000,
    async () => (await remember('later')).code,
    (code) => code === 0,
  );
  await allReady(site, 60_000);
  await eventually(
    'every conversation answers',
    60_000,
    async () => (await site.attempt(['try'])).code,
    (code) => code === 0,
  );

  for (const { pid } of processesOf(site.home).filter(({ command }) => /local\/daemon\//.test(command)))
    process.kill(pid, 'SIGKILL');
  await site.parley('up', '--target', 'embedded');
  expect(await site.kubectl('get', 'configmaps', '-o', 'name')).toMatch(/kept[\s\S]*later|later[\s\S]*kept/);
});
