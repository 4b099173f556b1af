import type { InstallError } from './install-error.ts';
import { callProgram, type ProgramCall } from './program.ts';

/** An object as it is sent and read; only what every object has is known of it. */
export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/** What installations need of a cluster client; the one of cli/cluster.ts fits. */
export interface ClusterObjects {
  /** Undefined when it is not there, or when the cluster does not know the kind. */
  read<T>(ref: ObjectRef): Promise<T | undefined>;
  /** Server-side apply (https://kubernetes.io/docs/reference/using-api/server-side-apply/); takes over fields of others. */
  serverApply(object: ObjectRef): Promise<unknown>;
  /** False when there was nothing to delete. */
  remove(ref: ObjectRef): Promise<boolean>;
}

export interface Clock {
  /** Milliseconds; never goes back. */
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Where an installation works, and all that it may touch. */
export interface Site {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** The state folder, for files that are handed to programs and for downloads. */
  readonly home: string;
  /** The kubeconfig of the cluster, which need not be there yet. */
  readonly kubeconfig: string;
  /** Opens the cluster of the kubeconfig. */
  openObjects(): Promise<ClusterObjects>;
}

/** Runs a program in the site's environment; programs that talk to the cluster go by the site's kubeconfig. */
export function callAt({ env, signal, kubeconfig }: Site, call: Omit<ProgramCall, 'env' | 'signal'>): Promise<string> {
  return callProgram({ ...call, env: { ...env, KUBECONFIG: kubeconfig }, signal });
}

/** Polls until `look` says that nothing is missing; throws what `failed` makes of the last thing that was. */
export async function until(
  { clock, signal }: Site,
  timeoutMs: number,
  look: () => Promise<string | undefined>,
  failed: (missing: string) => InstallError,
): Promise<void> {
  const startedAt = clock.now();
  for (;;) {
    signal.throwIfAborted();
    const missing = await look();
    if (missing === undefined) return;
    if (clock.now() - startedAt > timeoutMs) throw failed(missing);
    await clock.sleep(200, signal);
  }
}
