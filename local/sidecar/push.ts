import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Admin } from './admin.ts';
import { type ConfigFiles, removeConfig, writeConfig } from './config-files.ts';
import { type Confirmation, plan } from './push-plan.ts';
import { files } from './resource.ts';

/** How a push ended. `rejected`: Envoy refused it and works on with what it had. `unconfirmed`: it did not say in time. */
export type PushResult =
  | { readonly outcome: 'confirmed' }
  | { readonly outcome: 'rejected' | 'unconfirmed'; readonly message: string };

export interface PushTarget {
  readonly podDir: string;
  readonly admin: Admin;
  readonly clock: Clock;
  /** Aborted when the sidecar's process has ended: nobody will confirm any more. */
  readonly ended: AbortSignal;
}

/** How long a sidecar may take; it takes milliseconds unless the machine is overloaded. */
const confirmWithinMs = 5000;
const firstPollMs = 1;
const longestPollMs = 20;

const wait = (clock: Clock, ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));

const refused = /(?:\.update_rejected|\.update_failure)$/;

function refusals(statistics: ReadonlyMap<string, string>): number {
  let sum = 0;
  for (const [name, value] of statistics) if (refused.test(name)) sum += Number(value);
  return sum;
}

export async function countRefusals(admin: Admin): Promise<number> {
  return refusals(await admin.statistics('update_(rejected|failure)$'));
}

/** Polls until every version is there (undefined), one is refused, or the time is up. */
export async function confirm(
  target: PushTarget,
  wanted: readonly Confirmation[],
  refusalsBefore: number,
  startedAt = target.clock.now(),
): Promise<'rejected' | { readonly missing: string } | undefined> {
  let last = 'no answer yet';
  for (let pollMs = firstPollMs; ; pollMs = Math.min(pollMs * 2, longestPollMs)) {
    if (target.ended.aborted) return { missing: 'the sidecar has ended' };
    try {
      const statistics = await target.admin.statistics('(version_text|update_rejected|update_failure)$');
      const shown = ({ suffix, version }: Confirmation) =>
        [...statistics].some(([name, value]) => value === version && name.endsWith(suffix));
      if (wanted.every(shown)) return undefined;
      if (refusals(statistics) > refusalsBefore) return 'rejected';
      last = wanted
        .filter((one) => !shown(one))
        .map(({ suffix }) => suffix)
        .join(', ');
    } catch (error) {
      last = (error as Error).message;
    }
    if (target.clock.now() - startedAt > confirmWithinMs) return { missing: last };
    await wait(target.clock, pollMs);
  }
}

/** What says most in a log, the most telling kind first; Envoy follows an assertion with many lines of a back trace. */
const telling = [
  /update (rejected|failure)/,
  /assert failure/,
  /error (adding|initializing)/i,
  /Caught /,
  /\[critical\]/,
];

function worstLine(lines: readonly string[]): string {
  const found = telling.map((kind) => lines.findLast((line) => kind.test(line))).find((line) => line !== undefined);
  const said = (found ?? lines.findLast((line) => line.trim() !== '') ?? 'its log is empty').replace(
    /^(\[[^\]]*\]\s*)+/,
    '',
  );
  if (!/inotify/i.test(said)) return said;
  return `${said}; this user has no inotify instances left: type \`sudo sysctl fs.inotify.max_user_instances=8192\``;
}

/** The last complaint in the sidecar's log after `from` bytes, or why there is none; a log that is shorter was rotated since. */
export function complaint(podDir: string, from: number): string {
  const fd = openSync(join(podDir, files.log), 'r');
  try {
    const { size } = fstatSync(fd);
    const buffer = Buffer.alloc(Math.min(size < from ? size : size - from, 200_000));
    readSync(fd, buffer, 0, buffer.length, size - buffer.length);
    return worstLine(buffer.toString().split('\n'));
  } finally {
    closeSync(fd);
  }
}

export function logSize(podDir: string): number {
  try {
    const fd = openSync(join(podDir, files.log), 'r');
    try {
      return fstatSync(fd).size;
    } finally {
      closeSync(fd);
    }
  } catch {
    return 0; // No log before the first start.
  }
}

/**
 * Brings a running sidecar from `last` to `next`, each file confirmed before the next one. When one is refused or not
 * confirmed, the files of `last` are written back: a refused file on disk would break the next start.
 */
export async function push(target: PushTarget, last: ConfigFiles, next: ConfigFiles): Promise<PushResult> {
  const { podDir, admin } = target;
  const from = logSize(podDir);
  const steps = plan(last, next);
  if (steps.length === 0) return { outcome: 'confirmed' };
  let before: number;
  try {
    before = await countRefusals(admin);
  } catch (error) {
    return { outcome: 'unconfirmed', message: (error as Error).message };
  }
  for (const { file, confirm: wanted } of steps) {
    writeConfig(podDir, file);
    const failed = wanted.length > 0 ? await confirm(target, wanted, before) : undefined;
    if (failed === undefined) continue;
    for (const path of new Set(steps.map((step) => step.file.path))) {
      const good = last.get(path);
      if (good) writeConfig(podDir, good);
      else removeConfig(podDir, path);
    }
    return failed === 'rejected'
      ? { outcome: 'rejected', message: complaint(podDir, from) }
      : { outcome: 'unconfirmed', message: `not confirmed within ${confirmWithinMs} ms: ${failed.missing}` };
  }
  for (const path of last.keys()) if (!next.has(path)) removeConfig(podDir, path);
  return { outcome: 'confirmed' };
}
