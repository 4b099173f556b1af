import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { listProcesses, readMarker } from '../process/proc.ts';
import { kill, sweepPod } from '../process/sweep.ts';
import { hostDoorUid } from '../sidecar/host-door.ts';
import { lives, lockHolder } from './lock.ts';
import { lockFile, removeDaemonRecord } from './record.ts';

/** What a daemon gets for its orderly end: every Pod its grace, then the rest. */
const daemonGraceMs = 60_000;
/** What Pods without a daemon get: a database closes its files, nobody sends requests any more. */
const podGraceMs = 5_000;
const pollMs = 20;

interface Waiting {
  now(): number;
  sleep(ms: number): Promise<void>;
}

/** Uids of the Pods of this state folder, and of the holder of its host ports, of which processes still run, whoever started them. */
export function survivors(stateDir: string): string[] {
  const pods = join(stateDir, 'pods');
  const uids = new Set([...(existsSync(pods) ? readdirSync(pods) : []), hostDoorUid(stateDir)]);
  const found = listProcesses().flatMap(({ pid }) => readMarker(pid)?.split('/')[0] ?? []);
  return [...new Set(found)].filter((uid) => uids.has(uid));
}

/**
 * Ends the cluster of a state folder: the daemon in order when it lives, and by the records every process of a Pod that is
 * left. What a next start would mistake for a living cluster is removed; data, tools and logs stay. False: nothing ran.
 */
export async function endCluster(stateDir: string, clock: Waiting): Promise<boolean> {
  const daemon = lockHolder(lockFile(stateDir));
  if (daemon) {
    process.kill(daemon.pid, 'SIGTERM');
    if (!(await gone(daemon, clock, daemonGraceMs))) {
      process.kill(daemon.pid, 'SIGKILL');
      await gone(daemon, clock, 5000);
    }
  }
  const left = survivors(stateDir);
  await askToEnd(stateDir, left, clock);
  await Promise.all(left.map(sweepPod));
  removeDaemonRecord(stateDir);
  for (const name of ['kubeconfig', 'pods', 'host-ports', 'daemon.lock'])
    rmSync(join(stateDir, name), { recursive: true, force: true });
  return daemon !== undefined || left.length > 0;
}

/** SIGTERM to what is left of the Pods, and the time to follow it. */
async function askToEnd(stateDir: string, uids: readonly string[], clock: Waiting): Promise<void> {
  for (const { pid } of listProcesses()) {
    const uid = readMarker(pid)?.split('/')[0];
    if (uid !== undefined && uids.includes(uid)) kill(pid, 'SIGTERM');
  }
  const startedAt = clock.now();
  while (survivors(stateDir).length > 0 && clock.now() - startedAt < podGraceMs) await clock.sleep(pollMs);
}

async function gone(daemon: { pid: number; startTime: string }, clock: Waiting, withinMs: number): Promise<boolean> {
  const startedAt = clock.now();
  while (lives(daemon)) {
    if (clock.now() - startedAt > withinMs) return false;
    await clock.sleep(pollMs);
  }
  return true;
}
