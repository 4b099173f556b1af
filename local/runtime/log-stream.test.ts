import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogOptions } from '../api/types.ts';
import { createTestClock, eventually } from '../test-clock.ts';
import { lastLines, rotateLog } from './log-files.ts';
import { readLog } from './log-stream.ts';
import { createLogTimes } from './log-times.ts';

let dir: string;
let file: string;

beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'parley-log-'));
  file = path.join(dir, '0.log');
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

const clock = createTestClock(Date.UTC(2026, 0, 1));

async function read(options: LogOptions, times = createLogTimes(file, clock)): Promise<string> {
  const chunks: Uint8Array[] = [];
  const { signal } = new AbortController();
  for await (const chunk of readLog({ file, times, clock, ended: AbortSignal.abort() }, options, signal))
    chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

describe('readLog', () => {
  it.each<[LogOptions, string]>([
    [{}, 'one\ntwo\nthree\n'],
    [{ tailLines: 2 }, 'two\nthree\n'],
    [{ tailLines: 0 }, ''],
    [{ limitBytes: 5 }, 'one\nt'],
    [{ tailLines: 1, follow: true }, 'three\n'],
  ])('%j', async (options, expected) => {
    writeFileSync(file, 'one\ntwo\nthree\n');
    expect(await read(options)).toBe(expected);
  });

  it('knows when lines were written', async () => {
    const times = createLogTimes(file, clock);
    writeFileSync(file, 'early\n');
    times.look();
    clock.advance(60_000);
    appendFileSync(file, 'late\n');
    expect(await read({ sinceSeconds: 30 }, times)).toBe('late\n');
    expect(await read({ timestamps: true }, times)).toBe('2026-01-01T00:00:00Z early\n2026-01-01T00:01:00Z late\n');
    expect(await read({ sinceTime: '2026-01-01T00:00:30Z' }, times)).toBe('late\n');
  });

  it('follows across a rotation until the end', async () => {
    writeFileSync(file, 'one\n');
    const ended = new AbortController();
    let seen = '';
    const reading = (async () => {
      const input = { file, times: createLogTimes(file, clock), clock, ended: ended.signal };
      for await (const chunk of readLog(input, { follow: true }, new AbortController().signal))
        seen += Buffer.from(chunk);
    })();
    await eventually(
      'what was there',
      () => seen === 'one\n',
      () => seen,
    );
    appendFileSync(file, 'two\n');
    await eventually(
      'what came',
      () => seen === 'one\ntwo\n',
      () => seen,
    );
    expect(rotateLog(file, 4)).toBe(true);
    await eventually(
      'the truncation is seen',
      () => seen === 'one\ntwo\n',
      () => seen,
    );
    appendFileSync(file, '3\n');
    await eventually(
      'what came after it',
      () => seen.endsWith('3\n'),
      () => seen,
    );
    appendFileSync(file, 'four\n');
    ended.abort();
    await reading;
    expect(seen).toBe('one\ntwo\n3\nfour\n');
    expect(await read({})).toBe('one\ntwo\n3\nfour\n');
  });
});

describe('lastLines', () => {
  it('reads the end only', () => {
    writeFileSync(file, `${'x'.repeat(5000)}\none\ntwo\n`);
    expect(lastLines(file, 2)).toBe('one\ntwo');
    expect(lastLines(path.join(dir, 'none'), 2)).toBe('');
  });
});
