import type { Pod } from 'kubernetes-types/core/v1.js';
import type { Stored } from '../store/types.ts';

/** The place a Pod lives in on this machine, assigned by the runtime before anything starts. */
export interface PodSandbox {
  readonly uid: string;
  /** An address of its own in 127.0.0.0/8. */
  readonly ip: string;
  /** Absolute, mode 0700, the working directory of every process of the Pod. Holds `in/`, `out/`, `sidecar/`, `tmp/`, `containers/`. */
  readonly dir: string;
}

/** What the Pod runtime needs of the sidecars. One implementation: local/sidecar/sidecars.ts. */
export interface Sidecars {
  /** Starts the Pod's Envoy, or adopts it after a daemon restart; resolves once it confirmed its first configuration. A Pod that is not in the mesh gets none. */
  start(pod: Stored<Pod>, sandbox: PodSandbox): Promise<void>;
  /** Variables for every container: PARLEY_SOCKETS for programs that speak Unix sockets, and rewritten addresses for those that do not. */
  environment(
    pod: Stored<Pod>,
    sandbox: PodSandbox,
    declared: Readonly<Record<string, string>>,
  ): Record<string, string>;
  /** Resolves when no sidecar sends to this Pod any more (confirmed) and nothing is in flight in it, or when `signal` aborts. */
  drained(podUid: string, signal: AbortSignal): Promise<void>;
  /** Ends the Pod's Envoy; after the containers have exited. */
  stop(podUid: string): Promise<void>;
}
