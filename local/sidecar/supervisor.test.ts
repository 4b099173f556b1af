import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { spawnProcess } from '../process/spawn.ts';
import { marked, sweep } from '../process/sweep.ts';
import { createTestClock, eventually } from '../test-clock.ts';
import { supervise } from './supervisor.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'supervisor-'));
});
afterEach(async () => {
  await sweep(basename(dir));
  rmSync(dir, { recursive: true, force: true });
});

/** Keeps a real process running; `ready` decides when it counts as started. */
function keep(ready: (ended: AbortSignal) => Promise<void>) {
  const clock = createTestClock();
  const failures: string[] = [];
  const restarts: unknown[] = [];
  let backs = 0;
  const supervisor = supervise({
    clock,
    spawn: () =>
      spawnProcess({
        name: 'exchange/web sidecar',
        argv: [process.execPath, '-e', 'setInterval(() => {}, 1000)'],
        cwd: dir,
        env: {},
        logFile: join(dir, 'log'),
        recordFile: join(dir, 'record.json'),
        marker: basename(dir),
      }),
    ready,
    onRestart: (exit) => restarts.push(exit),
    onBack: () => {
      backs += 1;
    },
    onFailure: (error) => failures.push(error.message),
  });
  return { supervisor, clock, failures, restarts, backs: () => backs };
}

async function kill(restarts: readonly unknown[]): Promise<void> {
  for (const pid of marked(basename(dir))) process.kill(pid, 'SIGKILL');
  await eventually('the end is seen', () => restarts.length > 0);
}

test('a process that ends is started again', async () => {
  const { supervisor, clock, restarts, backs } = keep(async () => undefined);
  await supervisor.launch();
  await kill(restarts);
  expect(supervisor.running).toBe(false);
  clock.advance(20);
  await eventually('it is back', () => backs() === 1);
  expect(supervisor.running).toBe(true);
  await supervisor.end();
  expect(marked(basename(dir))).toEqual([]);
});

test('one that is ended while it is started again stays ended', async () => {
  let starts = 0;
  const { supervisor, clock, restarts, failures } = keep(async (ended) => {
    starts += 1;
    if (starts === 1) return;
    await new Promise<void>((resolve) => ended.addEventListener('abort', () => resolve(), { once: true }));
    throw new Error('it ended before it was ready');
  });
  await supervisor.launch();
  await kill(restarts);
  clock.advance(20);
  await eventually('the second start', () => starts === 2);
  await supervisor.end();
  clock.advance(60_000);
  await eventually('nothing is left', () => marked(basename(dir)).length === 0);
  expect(starts).toBe(2);
  expect(supervisor.running).toBe(false);
  expect(failures).toEqual([]);
});
