import { spawn } from 'node:child_process';
import { accessSync, closeSync, constants, openSync, statSync } from 'node:fs';
import path from 'node:path';
import { processHandle } from './handle.ts';
import { markerVariable, readProcess } from './proc.ts';
import { errnoOf, spawnFailure } from './process-error.ts';
import { writeRecord } from './record.ts';
import { kill } from './sweep.ts';
import type { ProcessExit, ProcessHandle, ProcessSpec } from './types.ts';

/**
 * Starts a child in a session and process group of its own; it writes its output to the log file itself and outlives us.
 * Throws `ProcessError` with the errno as code (ENOENT, EACCES, ENOSPC, EMFILE, EAGAIN ...); then nothing runs and no record is left.
 */
export function spawnProcess(spec: ProcessSpec): ProcessHandle {
  const [file, ...args] = spec.argv;
  const log = openLog(spec);
  let child: ReturnType<typeof spawn>;
  try {
    child = spawn(file, args, {
      cwd: spec.cwd,
      env: { ...spec.env, [markerVariable]: spec.marker },
      detached: true,
      stdio: ['ignore', log, log],
    });
  } catch (error) {
    throw spawnFailure(spec.name, `spawn ${file}`, error);
  } finally {
    closeSync(log);
  }
  // Node reports a failed spawn a tick later; `startFailure` below has named it by then.
  child.on('error', () => undefined);
  const { pid } = child;
  if (pid === undefined) throw startFailure(spec);
  const { promise: ended, resolve } = Promise.withResolvers<ProcessExit>();
  child.once('exit', (code, signal) => resolve(signal === null ? { code: code ?? undefined } : { signal }));
  child.unref();
  const startTime = readProcess(pid)?.startTime ?? '';
  try {
    writeRecord(spec.recordFile, { pid, startTime, marker: spec.marker, name: spec.name });
  } catch (error) {
    kill(-pid, 'SIGKILL');
    throw spawnFailure(spec.name, `write ${spec.recordFile}`, error);
  }
  return processHandle({ pid, startTime, marker: spec.marker, recordFile: spec.recordFile }, ended);
}

function openLog(spec: ProcessSpec): number {
  try {
    return openSync(spec.logFile, 'a', 0o600);
  } catch (error) {
    throw spawnFailure(spec.name, `open ${spec.logFile}`, error);
  }
}

/** Why a spawn gave no pid. Node leaves five causes to this path: ENOENT, EACCES, EMFILE, ENFILE and, when it is none of those, EAGAIN. */
function startFailure(spec: ProcessSpec): Error {
  try {
    if (!statSync(spec.cwd).isDirectory()) return spawnFailure(spec.name, spec.cwd, withCode('ENOTDIR'));
  } catch (error) {
    return spawnFailure(spec.name, `working directory ${spec.cwd}`, error);
  }
  const [file] = spec.argv;
  const candidates = file.includes('/')
    ? [path.resolve(spec.cwd, file)]
    : (spec.env.PATH ?? '').split(':').map((folder) => path.join(folder, file));
  const codes = candidates.map(executableError);
  if (codes.every((code) => code !== undefined)) {
    const code = codes.find((candidate) => candidate !== 'ENOENT') ?? 'ENOENT';
    return spawnFailure(spec.name, `program ${file}`, withCode(code));
  }
  try {
    closeSync(openSync('/dev/null', 'r'));
  } catch (error) {
    return spawnFailure(spec.name, `spawn ${file}`, error);
  }
  return spawnFailure(spec.name, `spawn ${file}`, withCode('EAGAIN'));
}

function executableError(file: string): string | undefined {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile() ? undefined : 'EACCES';
  } catch (error) {
    return errnoOf(error) ?? 'ENOENT';
  }
}

function withCode(code: string): Error {
  return Object.assign(new Error(code), { code });
}
