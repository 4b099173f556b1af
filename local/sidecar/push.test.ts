import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openOutboundPorts } from './outbound-ports.ts';
import { complaint } from './push.ts';
import { files } from './resource.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'push-'));
  mkdirSync(join(dir, 'sidecar'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const log = (lines: readonly string[]) => writeFileSync(join(dir, files.log), `${lines.join('\n')}\n`);
const stamp = '[2026-11-21 02:47:40.585][25038]';

test('the complaint is the last refusal since the push began', () => {
  const old = `${stamp}[warning][config] [a.cc:1] Filesystem config update rejected: an old one`;
  log([
    old,
    `${stamp}[warning][config] [a.cc:1] Filesystem config update rejected: only unique names`,
    `${stamp}[info] later`,
  ]);
  expect(complaint(dir, old.length + 1)).toBe('Filesystem config update rejected: only unique names');
  const rotatedSince = 1_000_000;
  expect(complaint(dir, rotatedSince)).toBe('Filesystem config update rejected: only unique names');
});

test('a sidecar that the kernel gives no inotify instance says the command that mends it', () => {
  log([
    `${stamp}[critical][assert] [watcher_impl.cc:25] assert failure: inotify_fd_ >= 0. Details: Consider increasing it`,
    `${stamp}[critical][backtrace] [b.h:1] Caught Aborted, suspect faulting address 0x1`,
    `${stamp}[critical][backtrace] [b.h:2] #0: [0x7f6ce89c6050]`,
  ]);
  expect(complaint(dir, 0)).toMatch(
    /^assert failure: inotify_fd_ .*type `sudo sysctl fs.inotify.max_user_instances=8192`$/,
  );
});

test('a port that was given out is the same after a restart, and none is given twice', () => {
  const file = join(dir, 'ports.json');
  const first = openOutboundPorts(file);
  const given = [first('a', 80), first('b', 80), first('a', 81)];
  expect(new Set(given).size).toBe(3);
  const second = openOutboundPorts(file);
  expect([second('a', 80), second('b', 80), second('a', 81)]).toEqual(given);
  expect(given).not.toContain(second('c', 80));
  writeFileSync(file, '{');
  expect(() => openOutboundPorts(file)).toThrow(/ports.json cannot be read: .*delete it and start again/);
});
