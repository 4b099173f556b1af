import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { httpGet } from './probe-actions.ts';
import { portNumber } from './probe-target.ts';

const container = { name: 'app', ports: [{ name: 'http', containerPort: 8080 }] };

describe('portNumber', () => {
  it('resolves names, and tells the known ones', () => {
    expect([portNumber(container, 'http'), portNumber(container, 9090)]).toEqual([8080, 9090]);
    expect(() => portNumber(container, 'grpc')).toThrow('container app has no port named "grpc"; named ports: http');
  });
});

describe('a socket folder that is deeper than a socket path can be', () => {
  let root: string;
  let server: http.Server;
  let dir: string;

  beforeEach(async () => {
    root = mkdtempSync(path.join(tmpdir(), 'parley-deep-'));
    dir = path.join(root, 'x'.repeat(80), 'y'.repeat(80));
    mkdirSync(path.join(dir, 'in'), { recursive: true });
    server = http.createServer((_request, response) => response.end());
    const before = process.cwd();
    process.chdir(dir);
    await new Promise<void>((resolve) => server.listen('in/8080', resolve));
    process.chdir(before);
  });

  afterEach(async () => {
    await new Promise((resolve) => server.close(resolve));
    rmSync(root, { recursive: true, force: true });
  });

  it('is reached all the same', async () => {
    const metadata = {
      name: 'web',
      uid: 'u',
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '',
      annotations: { 'parley.dev/sockets': 'true' },
    };
    const target = {
      pod: { apiVersion: 'v1', kind: 'Pod', metadata },
      sandbox: { uid: 'u', ip: '127.0.0.1', dir },
      container,
      exec: async () => ({ code: 0, output: '' }),
    };
    expect(await httpGet(target, { port: 'http' }, new AbortController().signal)).toMatchObject({ ok: true });
  });
});
