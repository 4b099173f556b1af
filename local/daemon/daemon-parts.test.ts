import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readProcess } from '../process/proc.ts';
import { claimBlock } from './address-block.ts';
import { endCluster, survivors } from './end.ts';
import { freePorts } from './free-ports.ts';
import { requireFree } from './host-ports.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { lockHolder, releaseLock, removeDead, takeLock } from './lock.ts';
import { parseDaemonOptions } from './options.ts';
import { lockFile, readDaemonRecord, recordFile, runningDaemon, writeDaemonRecord } from './record.ts';

const clock = { now: () => performance.now(), sleep: async (ms: number) => pause(ms) };
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'daemon-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('a lock is held by one, told of to others, and taken over from the dead', () => {
  const file = join(dir, 'lock');
  expect(takeLock(file, 'parley up')).toBeUndefined();
  expect(takeLock(file, 'parley up')).toMatchObject({ pid: process.pid, what: 'parley up' });
  expect(lockHolder(file)?.pid).toBe(process.pid);
  releaseLock(file);
  expect(existsSync(file)).toBe(false);
  writeFileSync(file, JSON.stringify({ pid: process.pid, startTime: '1', what: 'an earlier process of this pid' }));
  expect(takeLock(file, 'parley up')).toBeUndefined();
  writeFileSync(file, '{"pid": 1');
  expect(takeLock(file, 'parley up')).toBeUndefined();
  expect(readdirSync(dir)).toEqual(['lock']);
});

test('who takes a dead lock away leaves one that somebody living has taken since', () => {
  const file = join(dir, 'lock');
  takeLock(file, 'parley up');
  removeDead(file);
  expect(lockHolder(file)?.pid).toBe(process.pid);
  writeFileSync(file, JSON.stringify({ pid: process.pid, startTime: '1', what: 'an earlier process of this pid' }));
  removeDead(file);
  removeDead(file);
  expect(readdirSync(dir)).toEqual([]);
});

test('a daemon record counts only while its very process lives', () => {
  const record = {
    pid: process.pid,
    startTime: readProcess(process.pid)?.startTime ?? '',
    server: 'x',
    block: '127.70',
    hostPorts: {},
  };
  writeDaemonRecord(dir, record);
  expect(runningDaemon(dir)).toEqual(record);
  writeDaemonRecord(dir, { ...record, startTime: '1' });
  expect(runningDaemon(dir)).toBeUndefined();
  expect(readDaemonRecord(dir)?.block).toBe('127.70');
  writeFileSync(recordFile(dir), '{"pid"');
  expect(readDaemonRecord(dir)).toBeUndefined();
});

test('two clusters never share an address block, and a block is kept', async () => {
  const first = await claimBlock(dir, undefined);
  const second = await claimBlock(dir, undefined);
  expect(second.block).not.toBe(first.block);
  await first.release();
  const again = await claimBlock(dir, first.block);
  expect(again.block).toBe(first.block);
  await Promise.all([again.release(), second.release()]);
});

test('a port that is taken is named, with its holder and what to type', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await expect(requireFree([`127.0.0.1:${port}`])).rejects.toMatchObject({
    message: expect.stringMatching(new RegExp(`port ${port} of 127.0.0.1 is taken by process ${process.pid} `)),
    hint: expect.stringContaining('PARLEY_HTTP_PORT'),
  });
  await new Promise((done) => server.close(done));
  await requireFree([`127.0.0.1:${port}`]);
});

test('free ports are free, and all different', async () => {
  const ports = await freePorts(3);
  expect(new Set(ports).size).toBe(3);
  await requireFree(ports.map((port) => `127.0.0.1:${port}`));
});

test('options: host ports and what cannot be understood', () => {
  expect(parseDaemonOptions(['--state', '/s', '--host-port', '8080=127.0.0.1:7080', '--tracing', 'http://c'])).toEqual({
    stateDir: '/s',
    hostPorts: { 8080: '127.0.0.1:7080' },
    accessLog: false,
    rollouts: true,
    tracing: { endpoint: 'http://c', samplingPercent: 100 },
  });
  for (const argv of [
    [],
    ['--state', 'relative'],
    ['--state', '/s', '--host-port', '8080'],
    ['--state', '/s', '--backoff-ms', 'x'],
    ['--nonsense'],
  ]) {
    expect(() => parseDaemonOptions(argv)).toThrow(
      expect.objectContaining({ code: 'Usage', hint: expect.stringContaining('usage: ') }),
    );
  }
});

test('a kubeconfig is private', () => {
  const file = join(dir, 'kubeconfig');
  writeKubeconfig(file, {
    server: 'https://127.70.0.1:6443',
    authorityPem: 'ca',
    user: { certificatePem: 'c', keyPem: 'k' },
  });
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('down without a daemon ends what its Pods left running, and nothing else', async () => {
  const uid = 'f3fa70ef-d370-44f6-9b39-e31a174f5745';
  mkdirSync(join(dir, 'pods', uid), { recursive: true });
  const sleeper = (marker: string) => spawn('sleep', ['60'], { env: { PATH: process.env.PATH, PARLEY_POD: marker } });
  const [ours, theirs] = [sleeper(`${uid}/app`), sleeper('another-cluster')];
  await Promise.all([once(ours, 'spawn'), once(theirs, 'spawn')]);
  expect(survivors(dir)).toEqual([uid]);
  const ended = once(ours, 'exit');
  expect(await endCluster(dir, clock)).toBe(true);
  expect((await ended)[1]).toBe('SIGTERM');
  expect(readProcess(theirs.pid ?? 0)).toBeDefined();
  theirs.kill();
  await once(theirs, 'exit');
  expect(existsSync(lockFile(dir)) || existsSync(join(dir, 'pods'))).toBe(false);
  expect(await endCluster(dir, clock)).toBe(false);
});
