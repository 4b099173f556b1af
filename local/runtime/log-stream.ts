import { existsSync, watch } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { LogOptions } from '../api/types.ts';
import { type Clock, systemClock, timestamp } from '../clock.ts';
import { rotatedFile } from './log-files.ts';
import type { LogTimes } from './log-times.ts';
import { pause } from './waiting.ts';

export interface LogInput {
  readonly file: string;
  readonly times: LogTimes;
  readonly clock: Clock;
  /** Aborts when nothing more will be written. */
  readonly ended: AbortSignal;
}

const pollMs = 250;
const newline = 10;

/** What a container wrote, line by line: tail, since, time stamps, byte limit, follow. */
export async function* readLog(input: LogInput, options: LogOptions, signal: AbortSignal): AsyncIterable<Uint8Array> {
  const { tailLines, limitBytes = Number.POSITIVE_INFINITY } = options;
  const sinceMs = sinceOf(options, input.clock);
  let budget = limitBytes;
  const cut = (piece: Uint8Array) => {
    const part = piece.subarray(0, Math.min(piece.length, budget));
    budget -= part.length;
    return part;
  };
  input.times.look();
  const { lines, end } = await present(input);
  const recent = lines.filter(({ atMs }) => sinceMs === undefined || atMs >= sinceMs);
  const chosen =
    tailLines === undefined || tailLines < 0 ? recent : recent.slice(Math.max(0, recent.length - tailLines));
  for (const line of chosen) {
    if (budget <= 0 || signal.aborted) return;
    yield cut(stamped(line, options));
  }
  if (!options.follow) return;
  for await (const line of follow(input, end, signal)) {
    if (budget <= 0) return;
    yield cut(stamped(line, options));
  }
}

interface Line {
  /** With its newline, if it has one. */
  readonly bytes: Uint8Array;
  readonly atMs: number;
}

function sinceOf({ sinceSeconds, sinceTime }: LogOptions, clock: Clock): number | undefined {
  if (sinceSeconds !== undefined) return clock.now() - sinceSeconds * 1000;
  return sinceTime === undefined ? undefined : Date.parse(sinceTime);
}

function stamped({ bytes, atMs }: Line, { timestamps }: LogOptions): Uint8Array {
  return timestamps ? Buffer.concat([Buffer.from(`${timestamp(atMs)} `), bytes]) : bytes;
}

/** All lines there are now, and where the next one begins. */
async function present({ file, times, clock }: LogInput): Promise<{ lines: Line[]; end: number }> {
  const old = await readFrom(rotatedFile(file), 0);
  const now = await readFrom(file, 0);
  const rotatedAt = existsSync(rotatedFile(file)) ? (await stat(rotatedFile(file))).mtimeMs : clock.now();
  return {
    lines: [
      ...splitLines(old, 0).map(({ bytes }) => ({ bytes, atMs: rotatedAt })),
      ...splitLines(now, 0).map(({ bytes, offset }) => ({ bytes, atMs: times.timeOf(offset) })),
    ],
    end: now.length,
  };
}

async function* follow({ file, times, ended }: LogInput, from: number, signal: AbortSignal): AsyncIterable<Line> {
  const changed = fileChanges(file, AbortSignal.any([signal, ended]));
  let offset = from;
  for (let last = false; !signal.aborted; ) {
    const bytes = await readFrom(file, offset);
    times.look();
    for (const line of splitLines(bytes, offset)) yield { bytes: line.bytes, atMs: times.timeOf(line.offset) };
    offset = bytes.length === 0 && (await sizeOf(file)) < offset ? 0 : offset + bytes.length;
    if (last) return;
    // One more look after the end: the last lines may have come in between.
    if (ended.aborted) last = true;
    else if (bytes.length === 0) await changed();
  }
}

/** Waits for the next change of the file: told by the kernel, and by a slow clock for file systems that do not tell. */
function fileChanges(file: string, signal: AbortSignal): () => Promise<void> {
  let wake = new AbortController();
  if (existsSync(file)) {
    const watcher = watch(file, { persistent: false }, () => wake.abort());
    watcher.on('error', () => watcher.close());
    signal.addEventListener('abort', () => watcher.close());
  }
  return async () => {
    await pause(systemClock, pollMs, AbortSignal.any([wake.signal, signal]));
    wake = new AbortController();
  };
}

async function sizeOf(file: string): Promise<number> {
  return existsSync(file) ? (await stat(file)).size : 0;
}

async function readFrom(file: string, offset: number): Promise<Buffer> {
  if (!existsSync(file)) return Buffer.alloc(0);
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const buffer = Buffer.alloc(Math.max(0, size - offset));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

function splitLines(bytes: Buffer, base: number): { readonly bytes: Buffer; readonly offset: number }[] {
  const lines: { bytes: Buffer; offset: number }[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(newline, start);
    const stop = end < 0 ? bytes.length : end + 1;
    lines.push({ bytes: bytes.subarray(start, stop), offset: base + start });
    start = stop;
  }
  return lines;
}
