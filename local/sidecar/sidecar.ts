import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Authority } from '../pki/authority.ts';
import { adoptProcess } from '../process/adopt.ts';
import { spawnProcess } from '../process/spawn.ts';
import { type Admin, openAdmin } from './admin.ts';
import { bootstrap, envoyArguments } from './bootstrap.ts';
import type { Compiled } from './compile.ts';
import { type ConfigFile, type ConfigFiles, filesOf, readConfig, writeConfig } from './config-files.ts';
import { identityFile } from './identity-file.ts';
import type { MeshPod } from './mesh-pod.ts';
import { complaint, confirm, logSize, type PushResult, push } from './push.ts';
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
  /** An Envoy that ended is back, with the configuration that it had. */
  readonly onBack: () => void;
}

/** One Pod's Envoy. */
export interface Sidecar {
  readonly pod: MeshPod;
  readonly admin: Admin;
  readonly running: boolean;
  /** What it has confirmed last. */
  readonly confirmed: Compiled;
  /** Brings it to `compiled`. A configuration that was refused once is not tried again until it differs. */
  push(compiled: Compiled): Promise<PushResult>;
  stop(): Promise<void>;
  /** Lets go of the Envoy, which runs on for the next daemon. */
  release(): void;
}

interface Held {
  files: ConfigFiles;
  confirmed: Compiled;
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
    const key = [...set.values()].map(({ version }) => version).join();
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

  const adopted = adoptProcess(join(podDir, files.record));
  const start = JSON.stringify(bootstrap(pod));
  // What an Envoy counts is said when it starts: one that an older kit started would count other things.
  if (adopted && startedWith(podDir) === start && identity.resume()) {
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
    writeFileSync(join(podDir, files.bootstrap), start, { mode: 0o600 });
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
    get confirmed() {
      return held.confirmed;
    },
    push: pushNow,
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

function startedWith(podDir: string): string | undefined {
  const file = join(podDir, files.bootstrap);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function onDisk(podDir: string, set: ConfigFiles): ConfigFiles {
  const read = [...set.keys()].map((path) => readConfig(podDir, path)).filter((file) => file !== undefined);
  return new Map(read.map((file) => [file.path, file]));
}

/** Every start writes all files first, so that Envoy never starts between two steps of a push. */
function superviseEnvoy(options: SidecarOptions, admin: Admin, held: Held) {
  const { pod, podDir, clock, onEvent } = options;
  const name = `${pod.namespace}/${pod.name} sidecar`;
  let logFrom = 0;
  return supervise({
    clock,
    spawn() {
      for (const file of held.files.values()) writeConfig(podDir, file);
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
      const failed = await confirm({ podDir, admin, clock, ended }, startConfirmations(held.files), 0);
      if (failed) throw new Error(`${name} does not start: ${complaint(podDir, logFrom)}`);
    },
    onRestart: ({ signal, code }) =>
      onEvent('SidecarRestarted', `the sidecar ended (${signal ?? code ?? 'unknown'}) and is started again`),
    onBack: options.onBack,
    onFailure: (error) => onEvent('SidecarFailed', error.message),
  });
}
