import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Authority } from '../pki/authority.ts';
import { adoptProcess } from '../process/adopt.ts';
import { spawnProcess } from '../process/spawn.ts';
import { type Admin, openAdmin } from './admin.ts';
import { bootstrap, envoyArguments } from './bootstrap.ts';
import type { Compiled } from './compile.ts';
import { type ConfigFile, type ConfigFiles, filesOf, readConfig, removeConfig, writeConfig } from './config-files.ts';
import { identityFile } from './identity-file.ts';
import type { MeshPod } from './mesh-pod.ts';
import { complaint, confirm, confirmWithinMs, logSize, type PushResult, push, wait } from './push.ts';
import { confirmationOf, startConfirmations } from './push-plan.ts';
import { files } from './resource.ts';
import { supervise } from './supervisor.ts';

export interface SidecarOptions {
  readonly pod: MeshPod;
  readonly podDir: string;
  readonly authority: Authority;
  /** The Envoy program. */
  readonly envoy: string;
  readonly clock: Clock;
  /** Told what went wrong or was mended: `SidecarRestarted`, `SidecarFailed`, `RotationFailed`. */
  readonly onEvent: (reason: string, message: string) => void;
  /** An Envoy that ended is back, with what was pushed last or, when it does not start with that, what it had. */
  readonly onBack: () => void;
}

/** One Pod's Envoy. */
export interface Sidecar {
  readonly pod: MeshPod;
  readonly admin: Admin;
  readonly running: boolean;
  /** Its Envoy ended less than the time of a confirmation ago and may be back at any moment. */
  readonly restarting: boolean;
  /** What it has confirmed last. */
  readonly confirmed: Compiled;
  /**
   * Brings it to `compiled`. A configuration that was refused once is not tried again until it differs. An Envoy that is
   * being started again starts with it, and is waited for as long as it is `restarting`.
   */
  push(compiled: Compiled): Promise<PushResult>;
  stop(): Promise<void>;
  /** Lets go of the Envoy, which runs on for the next daemon. */
  release(): void;
}

const backPollMs = 5;

interface Held {
  files: ConfigFiles;
  confirmed: Compiled;
  /** What is to be in force; a start begins with it. */
  wanted?: Compiled | undefined;
  /** Key of what a start failed with: the next starts take what was confirmed. */
  failedStart?: string | undefined;
  refused?: { readonly key: string; readonly result: PushResult };
}

/**
 * Starts the Envoy of a Pod, or takes over the one that an earlier daemon left running, and keeps it running. Resolves
 * when it has confirmed `compiled`; rejects, with nothing left running, when it refuses it.
 */
export async function startSidecar(options: SidecarOptions, compiled: Compiled): Promise<Sidecar> {
  const { pod, podDir, clock, onEvent } = options;
  for (const folder of ['sidecar', 'out']) mkdirSync(join(podDir, folder), { recursive: true, mode: 0o700 });
  const admin = openAdmin(podDir);
  const held: Held = { files: filesOf(compiled), confirmed: compiled };
  const process = superviseEnvoy(options, admin, held);
  const target = () => ({ podDir, admin, clock, ended: process.ended });
  const identity = identityFile({
    ...options,
    confirm: async (file: ConfigFile) => {
      if (!process.running) return;
      const failed = await confirm(target(), [confirmationOf(file)], Number.MAX_SAFE_INTEGER);
      if (failed && failed !== 'rejected' && process.running) throw new Error(failed.missing);
    },
    onFailure: (message) => onEvent('RotationFailed', message),
  });
  const pushNow = async (next: Compiled): Promise<PushResult> => {
    const set = filesOf(next);
    const key = keyOf(set);
    if (held.refused?.key === key) return held.refused.result;
    const result = await push(target(), held.files, set).catch((error: unknown) => {
      // Between two files (a full disk): what was renamed before is in force.
      held.files = onDisk(podDir, held.files);
      throw error;
    });
    held.refused = result.outcome === 'rejected' ? { key, result } : undefined;
    if (result.outcome === 'confirmed') Object.assign(held, { files: set, confirmed: next });
    return result;
  };
  const restarting = () => process.downSince !== undefined && clock.now() - process.downSince <= confirmWithinMs;
  const pushWhenUp = async (next: Compiled): Promise<PushResult> => {
    held.wanted = next;
    while (!process.running && restarting()) await wait(clock, backPollMs);
    if (!process.running) return { outcome: 'unconfirmed', message: 'it has ended and is not back yet' };
    const result = await pushNow(next);
    if (result.outcome !== 'unconfirmed' && held.wanted === next) held.wanted = undefined;
    return result;
  };

  const adopted = adoptProcess(join(podDir, files.record));
  if (adopted && identity.resume()) {
    process.adopt(adopted);
    held.files = onDisk(podDir, held.files);
    // An earlier daemon may have been killed between a file and its confirmation: what is there counts when Envoy shows it.
    for (const file of held.files.values()) writeConfig(podDir, file);
    const shown = await pushNow(compiled).then(
      async ({ outcome }) =>
        outcome === 'confirmed' &&
        (await confirm(target(), startConfirmations(held.files), Number.MAX_SAFE_INTEGER)) === undefined,
    );
    if (!shown) await process.end();
  } else {
    await adopted?.stop(0);
  }
  if (!process.running) {
    Object.assign(held, { files: filesOf(compiled), confirmed: compiled });
    writeFileSync(join(podDir, files.bootstrap), JSON.stringify(bootstrap(pod)), { mode: 0o600 });
    writeFileSync(join(podDir, files.trust), options.authority.identityBundlePem, { mode: 0o600 });
    await identity.renew();
    await process.launch().catch((error: unknown) => {
      identity.stop();
      admin.close();
      throw error;
    });
  }
  return {
    pod,
    admin,
    get running() {
      return process.running;
    },
    get restarting() {
      return restarting();
    },
    get confirmed() {
      return held.confirmed;
    },
    push: pushWhenUp,
    async stop() {
      identity.stop();
      await process.end();
      admin.close();
    },
    release() {
      identity.stop();
      process.release();
      admin.close();
    },
  };
}

function onDisk(podDir: string, set: ConfigFiles): ConfigFiles {
  const read = [...set.keys()].map((path) => readConfig(podDir, path)).filter((file) => file !== undefined);
  return new Map(read.map((file) => [file.path, file]));
}

const keyOf = (set: ConfigFiles) => [...set.values()].map(({ version }) => version).join();

/** What a start begins with: what is wanted, unless it was refused or a start has failed with it. */
function startOf(held: Held): { readonly files: ConfigFiles; readonly compiled: Compiled } {
  const last = { files: held.files, compiled: held.confirmed };
  if (!held.wanted) return last;
  const set = filesOf(held.wanted);
  return [held.refused?.key, held.failedStart].includes(keyOf(set)) ? last : { files: set, compiled: held.wanted };
}

/** Every start writes all files first, so that Envoy never starts between two steps of a push. */
function superviseEnvoy(options: SidecarOptions, admin: Admin, held: Held) {
  const { pod, podDir, clock, onEvent } = options;
  const name = `${pod.namespace}/${pod.name} sidecar`;
  let logFrom = 0;
  let start = startOf(held);
  return supervise({
    clock,
    spawn() {
      start = startOf(held);
      for (const file of start.files.values()) writeConfig(podDir, file);
      logFrom = logSize(podDir);
      return spawnProcess({
        name,
        argv: envoyArguments(options.envoy, pod.gateway !== undefined),
        cwd: podDir,
        env: {},
        logFile: join(podDir, files.log),
        recordFile: join(podDir, files.record),
        marker: `${pod.uid}/sidecar`,
      });
    },
    async ready(ended) {
      const failed = await confirm({ podDir, admin, clock, ended }, startConfirmations(start.files), 0);
      if (failed) {
        if (start.files !== held.files) held.failedStart = keyOf(start.files);
        throw new Error(`${name} does not start: ${complaint(podDir, logFrom)}`);
      }
      for (const path of held.files.keys()) if (!start.files.has(path)) removeConfig(podDir, path);
      Object.assign(held, { files: start.files, confirmed: start.compiled, failedStart: undefined });
    },
    onRestart: ({ signal, code }) =>
      onEvent('SidecarRestarted', `the sidecar ended (${signal ?? code ?? 'unknown'}) and is started again`),
    onBack: options.onBack,
    onFailure: (error) => onEvent('SidecarFailed', error.message),
  });
}
