import path from 'node:path';
import type { Pod } from 'kubernetes-types/core/v1.js';
import type { LogSource, UsageSource } from '../api/types.ts';
import type { Clock } from '../clock.ts';
import { createEvents } from '../objects/events.ts';
import { sweepPod } from '../process/sweep.ts';
import type { Sidecars } from '../sidecar/types.ts';
import type { ObjectStore, Stored, WatchEvent } from '../store/types.ts';
import { createAddresses } from './addresses.ts';
import type { Images } from './images.ts';
import { createLogSource } from './log-source.ts';
import { ensureNode } from './node.ts';
import { PodWorker } from './pod-worker.ts';
import { messageOf } from './runtime-error.ts';
import { createSandboxes } from './sandbox.ts';
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
  const { store, sidecars, images, stateDir, addressBlock, clock } = options;
  const { node = process.execPath, backoffBaseMs = 1000, onProblem = () => undefined } = options;
  const workers = new Map<string, PodWorker>();
  const leaving = new Map<string, Promise<void>>();
  const addresses = createAddresses(addressBlock);
  const sandboxes = createSandboxes(path.join(stateDir, 'pods'));
  const events = createEvents({ store, clock, component: 'parley-runtime', onLost: onProblem });
  const hostIp = `${addressBlock}.0.1`;
  const unwatch: (() => void)[] = [];

  const place = (pod: Stored<Pod>, ip: string): PodWorker => {
    const sandbox = sandboxes.create(pod.metadata.uid, ip);
    const shared = { store, clock, events, images, sidecars, node, backoffBaseMs, hostIp };
    return new PodWorker({ ...shared, pod, sandbox, volumesDir: path.join(stateDir, 'volumes') });
  };

  const begin = (pod: Stored<Pod>, knownIp?: string) => {
    const { uid } = pod.metadata;
    try {
      const worker = place(pod, knownIp ?? addresses.take());
      workers.set(uid, worker);
      if (pod.metadata.deletionTimestamp === undefined) worker.start();
      else end(pod, false, worker.adoptToEnd());
    } catch (error) {
      // No folder, no address: this Pod waits, all others go on.
      const message = `cannot place the Pod: ${messageOf(error)}`;
      events.record(pod, { type: 'Warning', reason: 'FailedCreatePodSandBox', message });
      clock.after(1000, () => reconsider(pod));
    }
  };

  const reconsider = ({ metadata }: Stored<Pod>) => {
    const pod = store.get<Pod>('Pod', metadata.name, metadata.namespace);
    if (pod?.metadata.uid === metadata.uid && !workers.has(metadata.uid) && unwatch.length > 0) begin(pod);
  };

  const end = (pod: Stored<Pod>, force = false, adopted = Promise.resolve()) => {
    const { uid, deletionGracePeriodSeconds = 30 } = pod.metadata;
    const worker = workers.get(uid);
    if (worker === undefined) return;
    const graceMs = force ? 0 : deletionGracePeriodSeconds * 1000;
    if (leaving.has(uid)) return worker.hurryIn(graceMs);
    const left = adopted
      .then(() => leave(worker, graceMs))
      .catch((error: unknown) => onProblem(`Pod ${pod.metadata.name}: ${messageOf(error)}`));
    leaving.set(uid, left);
  };

  const leave = async (worker: PodWorker, graceMs: number) => {
    const { uid, name, namespace } = worker.context.pod.metadata;
    await worker.stop(graceMs);
    workers.delete(uid);
    leaving.delete(uid);
    sandboxes.remove(uid);
    addresses.release(worker.context.sandbox.ip);
    const known = store.get('Pod', name, namespace);
    if (known?.metadata.uid === uid) store.delete('Pod', name, namespace, { gracePeriodSeconds: 0 });
  };

  const onPod = ({ type, object }: WatchEvent<Pod>) => {
    const { uid, deletionTimestamp } = object.metadata;
    if (type === 'DELETED') end(object, true);
    else if (!workers.has(uid)) begin(object);
    else if (deletionTimestamp !== undefined) end(object);
  };

  const onData = (kind: string) => (event: WatchEvent) => {
    const { name, namespace } = event.object.metadata;
    for (const worker of workers.values()) {
      const { pod } = worker.context;
      if (pod.metadata.namespace !== namespace) continue;
      if (event.type !== 'DELETED' && projects(pod, kind, name)) worker.refreshVolumes();
      worker.retry();
    }
  };

  const tendLogs = () => {
    for (const worker of workers.values()) for (const container of worker.containers) container.tendLog();
    cancelTending = clock.after(logLookMs, tendLogs);
  };
  let cancelTending = () => {};

  return {
    async start() {
      ensureNode(store, clock, hostIp);
      const pods = store.list<Pod>('Pod').items;
      const known = new Set(pods.map(({ metadata }) => metadata.uid));
      const left = sandboxes.list();
      for (const { ip } of left) if (ip !== undefined) addresses.claim(ip);
      unwatch.push(
        store.watch<Pod>('Pod', onPod),
        store.watch('ConfigMap', onData('ConfigMap')),
        store.watch('Secret', onData('Secret')),
      );
      for (const pod of pods) begin(pod, left.find(({ uid }) => uid === pod.metadata.uid)?.ip);
      tendLogs();
      await Promise.all(
        left.map(async ({ uid, ip }) => {
          if (known.has(uid)) return;
          await sidecars.stop(uid);
          await sweepPod(uid);
          sandboxes.remove(uid);
          if (ip !== undefined) addresses.release(ip);
        }),
      );
    },
    async stop() {
      for (const unsubscribe of unwatch.splice(0)) unsubscribe();
      cancelTending();
      await Promise.all(leaving.values());
      await Promise.all([...workers.values()].map((worker) => worker.stop(shutdownGraceMs, { drain: false })));
      workers.clear();
      events.flush();
    },
    logs: createLogSource((namespace, pod) =>
      [...workers.values()].find(
        ({
          context: {
            pod: { metadata },
          },
        }) => metadata.namespace === namespace && metadata.name === pod,
      ),
    ),
    usage: createUsageMeter(() => workers.values(), clock),
  };
}
