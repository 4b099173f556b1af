import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, inject, test } from 'vitest';
import { type BroughtImage, bringImages } from '../../install/images/build-images.ts';
import { loadImages } from '../../install/images/load-images.ts';
import { newKey } from '../../services/testing/tokens.ts';
import { eventually } from '../eventually.ts';
import { run } from '../program.ts';
import { docker } from './container.ts';

const { signal } = new AbortController();
const options = { env: process.env, signal };
const build = () => bringImages({ ...options, repo: join(import.meta.dirname, '../..') });
/** What a Pod may do at most: charts/hardening.ts. */
const hardened = ['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];

let images: readonly BroughtImage[];
let identity: string;
beforeAll(async () => {
  images = await build();
  identity = tagOf('parley/identity:1.0.0');
});

const made: string[][] = [];
afterEach(async () => {
  for (const args of made.splice(0).reverse()) await docker(args);
});

function tagOf(name: string): string {
  const found = images.find((image) => image.name === name);
  if (!found) throw new Error(`${name} was not built: ${images.map((image) => image.name).join(', ')}`);
  return found.tag;
}

const inspect = async (kind: string, name: string, format: string) =>
  (await docker([kind, 'inspect', '--format', format, name])).stdout.trim();

test('every release and the controller of rollouts has an image, and an unchanged one is not built again', async () => {
  expect(images).toHaveLength(23);
  const before = await inspect('image', identity, '{{.Id}}');
  const again = await build();
  expect(again.filter(({ built }) => built)).toEqual([]);
  expect(again.map(({ tag }) => tag)).toEqual(images.map(({ tag }) => tag));
  expect(await inspect('image', identity, '{{.Id}}')).toBe(before);
});

test('an image adds node and the release to its base, belongs to root, and runs as a numeric user', async () => {
  expect(await inspect('image', identity, '{{.Config.User}} {{.Config.WorkingDir}}')).toBe('10001:10001 /app');
  const version = await inspect('image', identity, '{{index .Config.Labels "org.opencontainers.image.version"}}');
  expect(version).toBe('1.0.0');
  const sizes = await Promise.all(images.map(async ({ tag }) => Number(await inspect('image', tag, '{{.Size}}'))));
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
  process.stdout.write(`images: ${megabytes(Math.min(...sizes))} to ${megabytes(Math.max(...sizes))}, base included\n`);

  const program = [
    'const fs = require("node:fs");',
    'const seen = ["npm", "npx", "corepack", "yarn"].filter((name) => fs.existsSync("/usr/local/bin/" + name));',
    'const writable = ["/app", "/app/main.mjs", "/usr/local/bin/node"].filter((path) => fs.statSync(path).mode & 0o022);',
    'console.log(JSON.stringify({ seen, writable, uid: process.getuid(), app: fs.readdirSync("/app") }))',
  ].join('');
  const { stdout } = await docker([
    ...['run', '--rm', '--network', 'none', ...hardened, '--entrypoint', '/usr/local/bin/node'],
    ...[identity, '--eval', program],
  ]);
  expect(JSON.parse(stdout)).toEqual({ seen: [], writable: [], uid: 10_001, app: ['main.mjs', 'main.mjs.map'] });
});

test('a release that is not configured says what is missing and exits 2', async () => {
  const finished = await run(['docker', 'run', '--rm', '--network', 'none', ...hardened, identity], {
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', DOCKER_HOST: process.env.DOCKER_HOST ?? '' },
  });
  expect(finished).toMatchObject({ code: 2 });
  expect(finished.stdout).toContain('IDENTITY_JWKS is not set');
});

test('as process 1 it answers its probes and drains on SIGTERM', async () => {
  const environment = {
    IDENTITY_JWKS: JSON.stringify({ keys: [newKey('one')] }),
    IDENTITY_CLIENTS: JSON.stringify([{ id: 'web', secret: '0123456789abcdef', user: 'alice' }]),
  };
  const variables = Object.entries(environment).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
  const started = await docker([
    'run',
    '--detach',
    ...hardened,
    '--publish',
    '127.0.0.1::9090',
    ...variables,
    identity,
  ]);
  const container = started.stdout.trim();
  made.push(['rm', '--force', container]);
  const address = (await docker(['port', container, '9090'])).stdout.trim();
  await eventually(
    `${identity} is ready`,
    20_000,
    async () => (await fetch(`http://${address}/readyz`)).status === 200,
  );
  expect((await fetch(`http://${address}/livez`)).status).toBe(200);

  const stopped = await docker(['stop', '--time', '20', container]);
  expect(await inspect('container', container, '{{.State.ExitCode}}')).toBe('0');
  expect((await docker(['logs', container])).stdout).toContain('"drained"');
  process.stdout.write(`stopped in ${(stopped.durationMs / 1000).toFixed(1)} s\n`);
  expect(stopped.durationMs).toBeLessThan(5000);
});

test('what the nodes lack is loaded, what they have is not, what nobody has is left to be pulled', async () => {
  const { cluster } = inject('kindPlace');
  const fresh = `parley-test/loaded:${randomBytes(6).toString('hex')}`;
  await docker(['image', 'tag', identity, fresh]);
  made.push(['image', 'rm', fresh]);
  const ours = ['accounts', 'orders', 'portfolio'].map((service) => tagOf(`parley/${service}:1.4.0`));
  const names = [...ours, fresh, 'parley-test/nowhere:1'];
  const first = await loadImages(cluster, names, options);
  made.push(['exec', `${cluster}-control-plane`, 'ctr', '--namespace', 'k8s.io', 'images', 'rm', `docker.io/${fresh}`]);
  expect(first).toEqual({ loaded: [fresh], there: ours, left: ['parley-test/nowhere:1'] });
  expect(await loadImages(cluster, names, options)).toMatchObject({ loaded: [], there: [...ours, fresh] });
});

test('a release that is nowhere is an error, and so is a cluster that is not there', async () => {
  const { cluster } = inject('kindPlace');
  await expect(loadImages(cluster, ['parley/orders:0.0.1'], options)).rejects.toMatchObject({
    code: 'ImageNotBuilt',
    hint: 'Type: make images',
  });
  await expect(loadImages(`no-${cluster}`, [identity], options)).rejects.toMatchObject({ code: 'NoSuchCluster' });
});

test('a base that cannot be had: the last lines of docker, and the variables that name another', async () => {
  const env = { ...process.env, PARLEY_BASE_IMAGE: 'localhost:1/nothing:1' };
  const attempt = bringImages({ env, signal, repo: join(import.meta.dirname, '../..'), services: ['identity'] });
  await expect(attempt).rejects.toMatchObject({
    code: 'ProgramFailed',
    cause: { message: expect.stringContaining('localhost:1/nothing:1') },
    hint: expect.stringContaining('PARLEY_BASE_IMAGE'),
  });
});
