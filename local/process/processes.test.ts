import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { adoptProcess } from './adopt.ts';
import { parseStat, readMarker, readProcess } from './proc.ts';
import { ProcessError } from './process-error.ts';
import { spawnProcess } from './spawn.ts';
import { marked, sweep, sweepPod } from './sweep.ts';
import type { ProcessSpec } from './types.ts';
import { usage } from './usage.ts';

let dir: string;
let marker: string;

beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'parley-process-'));
  marker = path.basename(dir);
});

afterEach(async () => {
  await sweepPod(marker);
  rmSync(dir, { recursive: true, force: true });
});

function node(script: string, overrides: Partial<ProcessSpec> = {}): ProcessSpec {
  return {
    name: 'exchange/web app',
    argv: [process.execPath, '-e', script],
    cwd: dir,
    env: { PATH: '/usr/bin:/bin', HOME: dir },
    logFile: path.join(dir, 'app.log'),
    recordFile: path.join(dir, 'app.json'),
    marker,
    ...overrides,
  };
}

const forever = 'setInterval(() => {}, 1000)';

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 8000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`${what}: not within 8 s; log: ${log()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const log = () => (existsSync(path.join(dir, 'app.log')) ? readFileSync(path.join(dir, 'app.log'), 'utf8') : '');

describe('spawnProcess', () => {
  it('gives the child its own session, exactly the given environment, and its output to the file', async () => {
    const child = spawnProcess(
      node('console.log(JSON.stringify(process.env)); console.error("to stderr")', { env: { COLOUR: 'red' } }),
    );
    expect(readFileSync(path.join(dir, 'app.json'), 'utf8')).toContain(`"pid":${child.pid}`);
    expect(await child.exited).toEqual({ code: 0 });
    const [environment, error] = log().trim().split('\n');
    expect(JSON.parse(environment ?? '')).toEqual({ COLOUR: 'red', PARLEY_POD: marker });
    expect(error).toBe('to stderr');
    expect(existsSync(path.join(dir, 'app.json'))).toBe(false);
  });

  it('is the leader of a session', async () => {
    const child = spawnProcess(node(forever));
    const session = execFileSync('ps', ['-o', 'sid=', '-p', String(child.pid)], { encoding: 'utf8' });
    expect(Number(session)).toBe(child.pid);
    expect(await child.stop(2000)).toEqual({ signal: 'SIGTERM' });
  });

  it('tells code and signal of an exit apart', async () => {
    expect(await spawnProcess(node('process.exit(3)')).exited).toEqual({ code: 3 });
    const child = spawnProcess(node(forever));
    child.signal('SIGKILL');
    expect(await child.exited).toEqual({ signal: 'SIGKILL' });
    child.signal('SIGTERM');
  });

  it.each([
    ['ENOENT', { argv: ['/no/such/program'] as const }],
    ['ENOENT', { argv: ['no-such-program'] as const }],
    ['ENOENT', { cwd: '/no/such/folder' }],
    ['ENOENT', { logFile: '/no/such/folder/app.log' }],
    ['EACCES', { argv: ['./script'] as const }],
    ['ENOSPC', { recordFile: 'full.json' }],
  ])('names %s and the process: %j', (code, overrides) => {
    writeFileSync(path.join(dir, 'script'), '#!/bin/sh\n', { mode: 0o600 });
    symlinkSync('/dev/full', path.join(dir, 'full.json.next'));
    const recordFile = path.join(dir, 'recordFile' in overrides ? overrides.recordFile : 'app.json');
    expect(() => spawnProcess(node(forever, { ...overrides, recordFile }))).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining('cannot start exchange/web app') }),
    );
  });

  it('leaves no process behind when its record cannot be written', async () => {
    expect(() => spawnProcess(node(forever, { recordFile: path.join(dir, 'none', 'app.json') }))).toThrow(ProcessError);
    await until('the child is gone', () => marked(marker).length === 0);
  });
});

describe('stop', () => {
  it('kills what ignores SIGTERM after the grace period', async () => {
    const child = spawnProcess(node(`process.on('SIGTERM', () => {}); console.log('up'); ${forever}`));
    await until('the child is up', () => log().includes('up'));
    expect(await child.stop(50)).toEqual({ signal: 'SIGKILL' });
  });

  it('ends what left the group by setsid', async () => {
    const script = `require('node:child_process').spawn(process.execPath, ['-e', '${forever}'], { detached: true, stdio: 'ignore' }).unref(); console.log('up'); ${forever}`;
    const child = spawnProcess(node(script));
    await until('both run', () => log().includes('up') && marked(marker).length === 2);
    await child.stop(2000);
    expect(marked(marker)).toEqual([]);
  });
});

describe('sweep', () => {
  it('ends a Pod that forks without end', async () => {
    const bomb = 'i=0; while [ $i -lt 400 ]; do setsid sleep 60 & i=$((i+1)); done; wait';
    spawnProcess(node('', { argv: ['/bin/sh', '-c', bomb] }));
    await until('it forks', () => marked(marker).length > 5);
    expect(await sweep(marker)).toBeGreaterThan(5);
    expect(marked(marker)).toEqual([]);
  });

  it('takes descendants that dropped their environment, and leaves other markers alone', async () => {
    const other = spawnProcess(node(forever, { marker: `${marker}/other`, recordFile: path.join(dir, 'other.json') }));
    const script = 'env -i setsid sleep 60 & echo up; wait';
    spawnProcess(node('', { argv: ['/bin/sh', '-c', script] }));
    await until('it runs', () => log().includes('up'));
    await sweep(marker);
    expect(readProcess(other.pid)).toBeDefined();
    expect(await sweepPod(marker)).toBe(1);
    expect(await other.exited).toEqual({ signal: 'SIGKILL' });
  });
});

describe('adoptProcess', () => {
  it('takes over the child of a daemon that died, sees its exit, and ends it', async () => {
    const parent = `
      import { spawnProcess } from ${JSON.stringify(path.join(import.meta.dirname, 'spawn.ts'))};
      spawnProcess(${JSON.stringify(node(forever))});
      process.kill(process.pid, 'SIGKILL');`;
    const died = spawn(process.execPath, ['--input-type=module', '-e', parent], { stdio: 'ignore' });
    await new Promise((resolve) => died.once('exit', resolve));
    const adopted = adoptProcess(path.join(dir, 'app.json'));
    expect(adopted && readMarker(adopted.pid)).toBe(marker);
    expect(await adopted?.stop(2000)).toEqual({});
    expect(existsSync(path.join(dir, 'app.json'))).toBe(false);
  });

  it.each([
    ['another start time', (record: object) => ({ ...record, startTime: '1' })],
    ['another marker', (record: object) => ({ ...record, marker: 'somebody-else' })],
    ['no pid', () => ({ marker: 'x' })],
  ])('refuses and removes a record with %s', async (_title, change) => {
    const file = path.join(dir, 'app.json');
    const child = spawnProcess(node(forever));
    writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, 'utf8')))));
    expect(adoptProcess(file)).toBeUndefined();
    expect(existsSync(file)).toBe(false);
    expect(readProcess(child.pid)).toBeDefined();
    await child.stop(2000);
  });
});

describe('usage', () => {
  it('reports memory and CPU time of a tree', async () => {
    const child = spawnProcess(
      node(
        `const b = Buffer.alloc(64 << 20, 1); while (process.cpuUsage().user < 200_000); console.log(b.length); ${forever}`,
      ),
    );
    await until('it has worked', () => log().includes('67108864'));
    const used = usage([child.pid]);
    expect(used.memoryBytes).toBeGreaterThan(64 << 20);
    expect(used.cpuMs).toBeGreaterThanOrEqual(100);
    await child.stop(2000);
  });

  it('parses a command name with parentheses and spaces', () => {
    const line = '42 (a) b (c)) S 7 42 42 0 -1 4194304 1 0 0 0 5 6 7 8 20 0 1 0 991 1 1';
    expect(parseStat(line)).toEqual({ pid: 42, state: 'S', parent: 7, startTime: '991', cpuTicks: 26 });
  });
});
