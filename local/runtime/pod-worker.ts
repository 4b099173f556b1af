import type { Namespace, Pod, PodStatus } from 'kubernetes-types/core/v1.js';
import { groupKind } from '../objects/owners.ts';
import { isFinished } from '../objects/pods.ts';
import { sweepPod } from '../process/sweep.ts';
import { isMeshed } from '../sidecar/mesh-pod.ts';
import type { ObjectStore, Stored } from '../store/types.ts';
import { Container } from './container.ts';
import type { PodContext } from './pod-context.ts';
import { type PodObservation, podStatus } from './pod-status.ts';
import { ContainerError, messageOf } from './runtime-error.ts';
import { unsupportedFields } from './unsupported.ts';
import { prepareVolumes } from './volumes.ts';
import { pause, unlessAborted } from './waiting.ts';

const firstRetryMs = 200;
const lastRetryMs = 30_000;

/** One Pod from its placement to the end of its last process. */
export class PodWorker {
  readonly context: PodContext;
  readonly #init: readonly Container[];
  readonly #apps: readonly Container[];
  readonly #startedMs: number;
  /** As it was when the Pod began: a Namespace that joins the mesh later gives no sidecar to Pods that run. */
  readonly #meshed: boolean;
  readonly #ending = new AbortController();
  /** Aborts when the grace period is over: everything left is killed. */
  readonly #hurry = new AbortController();
  #cancelHurry: () => void = () => undefined;
  #graceMs = Number.POSITIVE_INFINITY;
  #retry = new AbortController();
  #unsupported: string | undefined;
  #blocked: PodObservation['blocked'];
  #failed: PodObservation['failed'];
  #publishing = false;
  #life: Promise<void> = Promise.resolve();

  constructor(context: Omit<PodContext, 'changed'>) {
    this.context = { ...context, changed: () => this.#publishSoon() };
    this.#startedMs = context.clock.now();
    const { spec, status, metadata } = context.pod;
    this.#meshed = isMeshed(context.pod, context.store.get<Namespace>('Namespace', metadata.namespace ?? ''));
    const before = new Map(
      [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].map((entry) => [
        entry.name,
        entry,
      ]),
    );
    this.#init = (spec?.initContainers ?? []).map(
      (entry) =>
        new Container(
          this.context,
          entry,
          entry.restartPolicy === 'Always' ? 'sidecar' : 'init',
          before.get(entry.name),
        ),
    );
    this.#apps = (spec?.containers ?? []).map(
      (entry) => new Container(this.context, entry, 'app', before.get(entry.name)),
    );
  }

  get containers(): readonly Container[] {
    return [...this.#init, ...this.#apps];
  }

  /** Begins, or goes on where an earlier daemon was. Never throws: what goes wrong is the Pod's own status. */
  start(): void {
    if (isFinished(this.context.pod)) return;
    this.#life = this.#live().catch((error: unknown) => this.#block(error));
  }

  /** Takes over what an earlier daemon was about to end, so that it ends as gracefully as it would have then. */
  async adoptToEnd(): Promise<void> {
    if (this.containers.filter((container) => container.adopt()).length === 0) return;
    try {
      await this.context.sidecars.start(this.context.pod, this.context.sandbox);
    } catch (error) {
      this.#event(
        'Warning',
        'FailedDrain',
        `its sidecar cannot be taken over, traffic may be lost: ${messageOf(error)}`,
      );
    }
  }

  /** Tries again now what waits for a missing object. */
  retry(): void {
    this.#retry.abort();
    for (const container of this.containers) container.retry();
  }

  /** Writes ConfigMaps and Secrets into the volumes again. */
  refreshVolumes(): void {
    try {
      prepareVolumes(this.context);
    } catch (error) {
      this.#event('Warning', 'FailedMount', messageOf(error));
    }
  }

  /** The grace period ends in `ms`; a later call can only shorten it, other changes of a Pod that is going mean nothing. */
  hurryIn(ms: number): void {
    if (ms >= this.#graceMs) return;
    this.#graceMs = ms;
    this.#cancelHurry();
    this.#cancelHurry = this.context.clock.after(ms, () => this.#hurry.abort());
  }

  /**
   * Ends the Pod: no new traffic and nothing in flight, then its containers, then its sidecar, then whatever is left.
   * Resolves when no process of it lives. `drain: false` when the whole cluster ends: nobody is left to send elsewhere.
   */
  async stop(graceMs: number, { drain = true }: { readonly drain?: boolean } = {}): Promise<void> {
    this.#ending.abort();
    const endMs = this.context.clock.now() + graceMs;
    this.hurryIn(graceMs);
    if (drain && graceMs > 0 && this.#apps.some(({ running }) => running)) await this.#drain();
    const stop = (container: Container) =>
      container.stop(Math.max(0, endMs - this.context.clock.now()), this.#hurry.signal);
    await Promise.all(this.#apps.map(stop));
    for (const container of this.#init.toReversed()) await stop(container);
    await this.#life;
    await this.#endSidecar();
    await this.#persist('end its processes', () => sweepPod(this.context.pod.metadata.uid));
    this.#cancelHurry();
  }

  async #live(): Promise<void> {
    const problems = unsupportedFields(this.context.pod);
    if (problems.length > 0) return this.#refuse(problems);
    const adopted = this.containers.filter((container) => container.adopt()).length > 0;
    if (!adopted) this.#event('Normal', 'Scheduled', `Successfully assigned ${this.#title} to parley`);
    this.#publishSoon();
    const cancelDeadline = this.#watchDeadline();
    const sidecar = this.#persist('start its sidecar', () =>
      this.context.sidecars.start(this.context.pod, this.context.sandbox),
    );
    // What runs already is looked after at once, whatever its sidecar does.
    if (!adopted) await sidecar;
    await this.#persist('prepare its volumes', async () => prepareVolumes(this.context));
    const sidecars: Promise<unknown>[] = [];
    for (const container of this.#init) {
      if (this.#ending.signal.aborted) break;
      const run = this.#run(container);
      if (container.kind === 'sidecar') {
        sidecars.push(run);
        await unlessAborted(container.started, this.#ending.signal);
      } else if ((await run) === 'failed' && !this.#ending.signal.aborted)
        return this.#finish(sidecars, cancelDeadline);
    }
    if (!this.#ending.signal.aborted) await Promise.all(this.#apps.map((container) => this.#run(container)));
    await sidecar;
    await this.#finish(sidecars, cancelDeadline);
  }

  /** An unexpected failure (no more files, a process that cannot be ended) is this Pod's trouble only, and not for ever. */
  async #run(container: Container): Promise<'succeeded' | 'failed'> {
    for (let waitMs = firstRetryMs; ; waitMs = Math.min(lastRetryMs, waitMs * 2)) {
      try {
        const outcome = await container.run();
        this.#blocked = undefined;
        return outcome;
      } catch (error) {
        this.#block(error, `run container ${container.name}`);
      }
      await pause(this.context.clock, waitMs, this.#ending.signal);
      if (this.#ending.signal.aborted) return 'failed';
    }
  }

  /** All containers ended for good by themselves: the native sidecars and the Envoy end too, the logs stay. */
  async #finish(sidecars: readonly Promise<unknown>[], cancelDeadline: () => void): Promise<void> {
    cancelDeadline();
    this.#publishSoon();
    if (!this.#ending.signal.aborted) {
      const graceMs = (this.context.pod.spec?.terminationGracePeriodSeconds ?? 30) * 1000;
      for (const container of this.#init.toReversed()) {
        if (container.kind === 'sidecar') await container.stop(graceMs, this.#hurry.signal);
      }
      await this.#endSidecar();
    }
    await Promise.all(sidecars);
  }

  #refuse(problems: readonly string[]): void {
    const fields = problems.join(', ');
    this.#unsupported = `the embedded cluster cannot give a Pod: ${fields}; remove it, or use a Kubernetes cluster`;
    this.#event('Warning', 'FailedScheduling', this.#unsupported);
    this.#publishSoon();
  }

  /** spec.activeDeadlineSeconds ends the whole Pod. */
  #watchDeadline(): () => void {
    const seconds = this.context.pod.spec?.activeDeadlineSeconds;
    if (seconds === undefined) return () => undefined;
    const since = Date.parse(this.context.pod.status?.startTime ?? '') || this.#startedMs;
    return this.context.clock.after(since + seconds * 1000 - this.context.clock.now(), () => {
      this.#failed = {
        reason: 'DeadlineExceeded',
        message: 'Pod was active on the node longer than the specified deadline',
      };
      void this.stop((this.context.pod.spec?.terminationGracePeriodSeconds ?? 30) * 1000).catch((error: unknown) =>
        this.#block(error),
      );
    });
  }

  /** Waits until no sidecar sends to it and nothing is in flight; preStop.sleep is the most that this may take. */
  async #drain(): Promise<void> {
    const sleeps = this.#apps.flatMap(({ stopSleepSeconds }) => stopSleepSeconds ?? []);
    const bound = new AbortController();
    const cancel =
      sleeps.length > 0 ? this.context.clock.after(Math.max(...sleeps) * 1000, () => bound.abort()) : () => undefined;
    const signal = AbortSignal.any([bound.signal, this.#hurry.signal]);
    try {
      await unlessAborted(this.context.sidecars.drained(this.context.pod.metadata.uid, signal), signal);
    } catch (error) {
      this.#event('Warning', 'FailedDrain', `traffic may be lost: ${messageOf(error)}`);
    } finally {
      cancel();
    }
  }

  async #endSidecar(): Promise<void> {
    try {
      await this.context.sidecars.stop(this.context.pod.metadata.uid);
    } catch (error) {
      this.#event('Warning', 'FailedKillPod', `its sidecar did not end by itself: ${messageOf(error)}`);
    }
  }

  /** Repeats `step` until it succeeds (or the Pod ends); the Pod's status tells what it waits for. */
  async #persist(what: string, step: () => Promise<unknown>): Promise<void> {
    for (let waitMs = firstRetryMs; ; waitMs = Math.min(lastRetryMs, waitMs * 2)) {
      try {
        await step();
        this.#blocked = undefined;
        return;
      } catch (error) {
        this.#block(error, what);
      }
      this.#retry = new AbortController();
      if (this.#ending.signal.aborted && what.startsWith('start')) return;
      await pause(this.context.clock, waitMs, AbortSignal.any([this.#retry.signal, this.#ending.signal]));
      if (this.#ending.signal.aborted) return;
    }
  }

  #block(error: unknown, what?: string): void {
    const reason = error instanceof ContainerError ? error.reason : 'CreatePodSandboxError';
    const message = what === undefined ? messageOf(error) : `cannot ${what}: ${messageOf(error)}`;
    this.#blocked = { reason, message };
    this.#event('Warning', reason === 'CreatePodSandboxError' ? 'FailedCreatePodSandBox' : 'Failed', message);
    this.#publishSoon();
  }

  #publishSoon(): void {
    if (this.#publishing) return;
    this.#publishing = true;
    queueMicrotask(() => {
      this.#publishing = false;
      this.#publish();
    });
  }

  /** Writes the status, if the Pod is still there. A store that cannot write (disk full) is tried again. */
  #publish(): void {
    const { pod: first, store, clock, sandbox, hostIp } = this.context;
    const { name, namespace, uid } = first.metadata;
    try {
      const stored = store.get<Pod>('Pod', name, namespace);
      if (stored === undefined || stored.metadata.uid !== uid) return;
      const pod = this.#unsupported === undefined ? bind(store, stored) : stored;
      const status: PodStatus = podStatus(
        {
          pod,
          ip: sandbox.ip === '' ? undefined : sandbox.ip,
          hostIp,
          meshed: this.#meshed,
          startedMs: this.#startedMs,
          init: this.#init.map((container) => container.view()),
          apps: this.#apps.map((container) => container.view()),
          unsupported: this.#unsupported,
          blocked: this.#blocked,
          failed: this.#failed,
        },
        clock.now(),
      );
      store.updateStatus<Pod>({ ...pod, status });
    } catch (error) {
      this.#event('Warning', 'FailedStatusUpdate', messageOf(error));
      clock.after(1000, () => this.#publishSoon());
    }
  }

  get #title(): string {
    const { namespace, name } = this.context.pod.metadata;
    return `${namespace}/${name}`;
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.context.events.record(this.context.pod, { type, reason, message });
  }
}

/** Puts the Pod on the node, which is what the scheduler's Binding does. */
function bind(store: ObjectStore, pod: Stored<Pod>): Stored<Pod> {
  if (pod.spec?.nodeName !== undefined || groupKind(pod) !== 'Pod' || pod.spec === undefined) return pod;
  return store.update<Pod>({ ...pod, spec: { ...pod.spec, nodeName: 'parley' } });
}
