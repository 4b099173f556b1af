import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { bundle } from './bundle.ts';
import { newKey } from './testing/tokens.ts';
import { until } from './testing/wait.ts';

const outDir = await mkdtemp(join(tmpdir(), 'parley-bundle-'));
afterAll(() => rm(outDir, { recursive: true, force: true }));

test('a release becomes one file that runs by itself, and an unchanged one is left alone', async () => {
  const [image] = await bundle({ services: ['identity'], outDir });
  expect(image).toMatchObject({ image: 'parley/identity:1.0.0', built: true });
  const folder = join(outDir, 'parley/identity/1.0.0');
  expect(await readdir(folder)).toEqual(['image.json', 'inputs.json', 'main.mjs', 'main.mjs.map']);
  expect(JSON.parse(await readFile(join(folder, 'image.json'), 'utf8'))).toEqual({
    name: 'parley/identity:1.0.0',
    command: ['{node}', '--enable-source-maps', 'main.mjs'],
    sockets: true,
  });

  const begun = performance.now();
  expect(await bundle({ services: ['identity'], outDir })).toEqual([{ ...image, built: false }]);
  expect(performance.now() - begun).toBeLessThan(100);

  const jwks = JSON.stringify({ keys: [newKey('one')] });
  const clients = JSON.stringify([{ id: 'web', secret: '0123456789abcdef', user: 'alice' }]);
  const child = spawn(process.execPath, ['--enable-source-maps', 'main.mjs'], {
    cwd: folder,
    env: { PARLEY_SOCKETS: join(outDir, 's'), IDENTITY_JWKS: jwks, IDENTITY_CLIENTS: clients },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await until(`identity listens: ${said}`, () => (said.includes('"listening"') ? true : undefined));
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(said).toContain('"drained"');
});

test('an unknown service is named with those that are known', async () => {
  await expect(bundle({ services: ['ledgers'], outDir })).rejects.toThrow(
    /no service ledgers: known are accounts, identity, orders, portfolio/,
  );
});
