import path from 'node:path';
import type { Pod } from 'kubernetes-types/core/v1.js';
import type { LogSource, UsageSource } from '../api/types.ts';
import type { Clock } from '../clock.ts';
import { createEvents, type EventRecorder } from '../objects/events.ts';
import { sweepPod } from '../process/sweep.ts';
import { files } from '../sidecar/resource.ts';
import type { Sidecars } from '../sidecar/types.ts';
import type { ObjectStore, Stored, WatchEvent } from '../store/types.ts';
import { type Addresses, createAddresses } from './addresses.ts';
import type { Images } from './images.ts';
import { rotateLog } from './log-files.ts';
import { createLogSource } from './log-source.ts';
import { ensureNode } from './node.ts';
import { PodWorker } from './pod-worker.ts';
import { messageOf } from './runtime-error.ts';
import { createSandboxes, type Sandboxes } from './sandbox.ts';
import { createUsageMeter } from './usage-meter.ts';
import { projects } from './volumes.ts';

export interface RuntimeOptions {
  readonly store: ObjectStore;
  readonly sidecars: Sidecars;
  readonly images: Images;
  /** Absolute; holds `pods/` and `volumes/`. */
  readonly stateDir: string;
  /** First two bytes of the cluster's addresses: `127.70`. */
  readonly addressBlock: string;
  readonly clock: Clock;
  /** Absolute path of Node. */
  readonly node?: string;
  /** Wait before the second restart of a container that crashes; doubles to five minutes. */
  readonly backoffBaseMs?: number;
  /** Told of what belongs to no Pod: a leftover that does not end, an event that cannot be stored. */
  readonly onProblem?: (message: string) => void;
}

export interface Runtime {
  /** Takes over what an earlier daemon left, removes what belongs to no Pod any more, and runs every Pod from now on. */
  start(): Promise<void>;
  /** Ends every Pod's processes; the objects stay, and the next start runs them again. */
  stop(): Promise<void>;
  readonly logs: LogSource;
  readonly usage: UsageSource;
}

const logLookMs = 1000;
/** How long processes may take when the whole cluster stops. */
const shutdownGraceMs = 5000;

/** The Pod runtime: turns Pods into processes, probes them, restarts them, ends them. */
export function createRuntime(options: RuntimeOptions): Runtime {
  return new NodeRuntime(options);
}

class NodeRuntime implements Runtime {
  readonly logs: LogSource;
  readonly usage: UsageSource;
  readonly #options: RuntimeOptions;
  readonly #workers = new Map<string, PodWorker>();
  readonly #leaving = new Map<string, Promise<void>>();
  readonly #addresses: Addresses;
  readonly #sandboxes: Sandboxes;
  readonly #events: EventRecorder;
  readonly #hostIp: string;
  #unwatch: (() => void)[] = [];
  #cancelTending: () => void = () => undefined;

  constructor(options: RuntimeOptions) {
    const { store, clock, stateDir, addressBlock } = options;
    this.#options = options;
    this.#addresses = createAddresses(addressBlock);
    this.#sandboxes = createSandboxes(path.join(stateDir, 'pods'));
    this.#events = createEvents({
      store,
      clock,
      component: 'parley-runtime',
      onLost: (message) => this.#problem(message),
    });
    this.#hostIp = `${addressBlock}.0.1`;
    this.logs = createLogSource((namespace, name) => this.#find(namespace, name));
    this.usage = createUsageMeter(() => this.#workers.values(), clock);
  }

  async start(): Promise<void> {
    const { store, clock } = this.#options;
    ensureNode(store, clock, this.#hostIp);
    const pods = store.list<Pod>('Pod').items;
    const left = this.#sandboxes.list();
    for (const { ip } of left) if (ip !== undefined) this.#addresses.claim(ip);
    this.#unwatch = [
      store.watch<Pod>('Pod', (event) => this.#onPod(event)),
      store.watch('ConfigMap', (event) => this.#onData('ConfigMap', event)),
      store.watch('Secret', (event) => this.#onData('Secret', event)),
    ];
    for (const pod of pods) this.#begin(pod, left.find(({ uid }) => uid === pod.metadata.uid)?.ip);
    this.#tendLogs();
    const known = new Set(pods.map(({ metadata }) => metadata.uid));
    await Promise.all(left.filter(({ uid }) => !known.has(uid)).map(({ uid, ip }) => this.#removeLeftover(uid, ip)));
  }

  async stop(): Promise<void> {
    for (const unsubscribe of this.#unwatch.splice(0)) unsubscribe();
    this.#cancelTending();
    await Promise.all(this.#leaving.values());
    await Promise.all([...this.#workers.values()].map((worker) => worker.stop(shutdownGraceMs, { drain: false })));
    this.#workers.clear();
    this.#events.flush();
  }

  #onPod({ type, object }: WatchEvent<Pod>): void {
    const { uid, deletionTimestamp } = object.metadata;
    if (type === 'DELETED') this.#end(object, { force: true });
    else if (!this.#workers.has(uid)) this.#begin(object);
    else if (deletionTimestamp !== undefined) this.#end(object);
  }

  #onData(kind: string, { type, object: { metadata } }: WatchEvent): void {
    for (const worker of this.#workers.values()) {
      const { pod } = worker.context;
      if (pod.metadata.namespace !== metadata.namespace) continue;
      if (type !== 'DELETED' && projects(pod, kind, metadata.name)) worker.refreshVolumes();
      worker.retry();
    }
  }

  #begin(pod: Stored<Pod>, knownIp?: string): void {
    const { uid, deletionTimestamp } = pod.metadata;
    try {
      const worker = this.#place(pod, knownIp ?? this.#addresses.take());
      this.#workers.set(uid, worker);
      if (deletionTimestamp === undefined) worker.start();
      else this.#end(pod, { adopted: worker.adoptToEnd() });
    } catch (error) {
      // No folder, no address: this Pod waits, all others go on.
      const message = `cannot place the Pod: ${messageOf(error)}`;
      this.#events.record(pod, { type: 'Warning', reason: 'FailedCreatePodSandBox', message });
      this.#options.clock.after(1000, () => this.#beginAgain(pod));
    }
  }

  #beginAgain({ metadata }: Stored<Pod>): void {
    const pod = this.#options.store.get<Pod>('Pod', metadata.name, metadata.namespace);
    const running = this.#unwatch.length > 0;
    if (running && pod?.metadata.uid === metadata.uid && !this.#workers.has(metadata.uid)) this.#begin(pod);
  }

  #place(pod: Stored<Pod>, ip: string): PodWorker {
    const { store, clock, images, sidecars, stateDir, node = process.execPath, backoffBaseMs = 1000 } = this.#options;
    const sandbox = this.#sandboxes.create(pod.metadata.uid, ip);
    const shared = { store, clock, images, sidecars, node, backoffBaseMs, events: this.#events, hostIp: this.#hostIp };
    return new PodWorker({ ...shared, pod, sandbox, volumesDir: path.join(stateDir, 'volumes') });
  }

  #end(pod: Stored<Pod>, { force = false, adopted = Promise.resolve() } = {}): void {
    const { uid, name, deletionGracePeriodSeconds = 30 } = pod.metadata;
    const worker = this.#workers.get(uid);
    if (worker === undefined) return;
    const graceMs = force ? 0 : deletionGracePeriodSeconds * 1000;
    if (this.#leaving.has(uid)) {
      worker.hurryIn(graceMs);
      return;
    }
    const left = adopted
      .then(() => this.#leave(worker, graceMs))
      .catch((error: unknown) => this.#problem(`Pod ${name}: ${messageOf(error)}`));
    this.#leaving.set(uid, left);
  }

  async #leave(worker: PodWorker, graceMs: number): Promise<void> {
    const { pod } = worker.context;
    const { uid } = pod.metadata;
    await worker.stop(graceMs);
    this.#workers.delete(uid);
    this.#leaving.delete(uid);
    this.#sandboxes.remove(uid);
    this.#addresses.release(worker.context.sandbox.ip);
    this.#forget(pod);
  }

  /** The object goes last. A store that cannot write (disk full) is tried again: nothing else would ever remove it. */
  #forget(pod: Stored<Pod>): void {
    const { store, clock } = this.#options;
    const { uid, name, namespace } = pod.metadata;
    try {
      const known = store.get('Pod', name, namespace);
      if (known?.metadata.uid === uid) store.delete('Pod', name, namespace, { gracePeriodSeconds: 0 });
    } catch (error) {
      this.#problem(`Pod ${name} ended and is still listed: ${messageOf(error)}`);
      clock.after(1000, () => this.#unwatch.length > 0 && this.#forget(pod));
    }
  }

  /** Ends and removes what belongs to a Pod that was deleted while no daemon ran. */
  async #removeLeftover(uid: string, ip: string | undefined): Promise<void> {
    try {
      await this.#options.sidecars.stop(uid);
      await sweepPod(uid);
      this.#sandboxes.remove(uid);
      if (ip !== undefined) this.#addresses.release(ip);
    } catch (error) {
      this.#problem(`leftover of Pod ${uid}: ${messageOf(error)}`);
    }
  }

  #tendLogs(): void {
    for (const { context, containers } of this.#workers.values()) {
      try {
        for (const container of containers) container.tendLog();
        rotateLog(path.join(context.sandbox.dir, files.log));
      } catch (error) {
        // Most likely a full disk: the log grows on, the next look tries again.
        this.#problem(`log of Pod ${context.pod.metadata.name}: ${messageOf(error)}`);
      }
    }
    this.#cancelTending = this.#options.clock.after(logLookMs, () => this.#tendLogs());
  }

  #find(namespace: string, name: string): PodWorker | undefined {
    return [...this.#workers.values()].find(({ context }) => {
      const { metadata } = context.pod;
      return metadata.namespace === namespace && metadata.name === name;
    });
  }

  #problem(message: string): void {
    this.#options.onProblem?.(message);
  }
}
