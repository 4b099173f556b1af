import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { versions } from '../../../mesh/versions.ts';

const folder = mkdtempSync(join(tmpdir(), 'parley-edge-'));
const program = fileURLToPath(new URL('./edge.ts', import.meta.url));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function statusOf(socketPath: string, path: string): Promise<number | string | undefined> {
  const request = get({ socketPath, path, agent: false });
  try {
    const [response] = await once(request, 'response');
    response.resume();
    return response.statusCode;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

test('it answers the probes on the socket of its port, and ends on SIGTERM without leaving the socket', async () => {
  mkdirSync(join(folder, 'in'), { recursive: true });
  const socket = join(folder, 'in', '15021');
  const child = spawn(process.execPath, [program, '15021', '-c', '/etc/envoy/envoy.json'], {
    env: { PARLEY_SOCKETS: folder },
    stdio: 'inherit',
  });
  const exit = once(child, 'exit');
  try {
    await expect.poll(() => statusOf(socket, '/healthz/ready'), { timeout: 10_000 }).toBe(200);
    expect(await statusOf(socket, '/readyz')).toBe(200);
    expect(await statusOf(socket, '/metrics')).toBe(404);
  } finally {
    child.kill('SIGTERM');
  }
  expect(await exit).toEqual([0, null]);
  expect(existsSync(socket)).toBe(false);
});

test('it stands for the images that the charts name for the edge', () => {
  const names = ['istio', 'envoy'].map(
    (flavour) => JSON.parse(readFileSync(new URL(`./${flavour}/image.json`, import.meta.url), 'utf8')).name,
  );
  expect(names).toEqual(['auto', versions.envoy.image]);
});
