import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { InstallError } from './install-error.ts';
import { callProgram, type ProgramCall } from './program.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-program-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const call = (script: string, more: Partial<ProgramCall> = {}): ProgramCall => ({
  program: 'sh',
  args: ['-c', script],
  env: { PATH: process.env.PATH },
  signal: new AbortController().signal,
  hint: 'Type: something else',
  ...more,
});

async function failureOf(work: Promise<unknown>): Promise<InstallError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof InstallError) return error;
  throw new Error(`no InstallError: ${error}`);
}

test('stdout comes back whole, stdin goes in, the environment is the one that was given', async () => {
  const text = await callProgram(call('cat; echo "$WORD"; echo aside >&2', { stdin: 'in\n', env: { WORD: 'out' } }));
  expect(text).toBe('in\nout\n');
});

test('each line of both streams is told while it runs', async () => {
  const lines: string[] = [];
  await callProgram(call('echo one; echo two >&2; printf three', { onLine: (line) => lines.push(line) }));
  expect(lines.sort()).toEqual(['one', 'three', 'two']);
});

test('a program that fails: its command line and exit code, its last lines, the next thing to type', async () => {
  const failure = await failureOf(callProgram(call('seq 1 40 >&2; exit 7')));
  expect(failure).toMatchObject({ code: 'ProgramFailed', hint: 'Type: something else' });
  expect(failure.message).toBe('sh -c seq 1 40 >&2; exit 7: exit code 7');
  const lines = Array.from({ length: 15 }, (_, index) => String(26 + index));
  expect((failure.cause as Error).message).toBe(lines.join('\n'));
});

test('stdout that is a result is not in the error; stdout that is progress is', async () => {
  const script = 'echo a key; echo why >&2; exit 1';
  expect((await failureOf(callProgram(call(script)))).cause).toMatchObject({ message: 'why' });
  const told = await failureOf(callProgram(call(script, { onLine: () => {} })));
  expect(String(told.cause)).toContain('a key');
});

test('a program that is not there has a name of its own', async () => {
  const missing = call('', { program: 'no-such-program', missingHint: 'https://example.org/install' });
  expect(await failureOf(callProgram(missing))).toMatchObject({
    code: 'ProgramMissing',
    message: 'no-such-program is not on PATH',
    hint: 'https://example.org/install',
  });
});

test('a program that does not read its input is judged by its exit code', async () => {
  expect(await callProgram(call('exit 0', { stdin: 'x'.repeat(1_000_000) }))).toBe('');
});

test('the signal ends the program and what it started', async () => {
  const ended = new AbortController();
  const pidFile = join(folder, 'pid');
  const { promise: started, resolve: onLine } = Promise.withResolvers<string>();
  const script = `sleep 60 & echo $! > ${pidFile}; echo ready; wait`;
  const refused = expect(callProgram(call(script, { signal: ended.signal, onLine }))).rejects.toThrow('enough');
  await started;
  ended.abort(new Error('enough'));
  await refused;
  const pid = Number(await readFile(pidFile, 'utf8'));
  await expect.poll(() => isRunning(pid), { timeout: 5000 }).toBe(false);
});

/** A process that has ended and waits to be reaped does not run. */
async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ' Z');
  return !/ [ZX] ?/.test(stat.slice(stat.lastIndexOf(')') + 1).slice(0, 3)) && stat !== ' Z';
}
