import { join } from 'node:path';
import type { Namespace, Pod } from 'kubernetes-types/core/v1.js';
import type { Clock } from '../clock.ts';
import { checkInotify } from '../envoy/inotify.ts';
import type { EventRecorder } from '../objects/events.ts';
import type { Authority } from '../pki/authority.ts';
import { StatusError } from '../store/status.ts';
import type { ObjectStore, Stored } from '../store/types.ts';
import { type Compiled, type CompileOptions, compile, gatewaysOf } from './compile.ts';
import { edgeHost } from './edge.ts';
import { sidecarEnvironment } from './environment.ts';
import { type HostDoor, openHostDoor } from './host-door.ts';
import { portTaken } from './host-ports.ts';
import { quiet } from './in-flight.ts';
import { isMeshed, type MeshPod, meshPod } from './mesh-pod.ts';
import { openMirror } from './mirror.ts';
import type { AnyRoute } from './objects.ts';
import { openOutboundPorts } from './outbound-ports.ts';
import { ensureGateways, publish, publishClasses } from './publish.ts';
import type { PushResult } from './push.ts';
import { createQuarantine } from './quarantine.ts';
import type { Programmed } from './route-status.ts';
import { type Sidecar, startSidecar } from './sidecar.ts';
import type { PodSandbox, Sidecars } from './types.ts';
import { followedKinds, readWorld, type World } from './world.ts';

export interface SidecarsOptions {
  readonly store: ObjectStore;
  readonly authority: Authority;
  /** The Envoy program. */
  readonly envoy: string;
  /** State folder; the ports that were given out are kept in it. */
  readonly stateDir: string;
  readonly clock: Clock;
  readonly events: EventRecorder;
  /** Listener port of a Gateway -> address on the host, such as `{ 8080: '127.0.0.1:7080' }`. */
  readonly hostPorts: Readonly<Record<number, string>>;
  /** Where sidecars send spans (OTLP over HTTP, `http://127.0.0.1:4318/v1/traces`); absent: they make none. */
  readonly tracing?: { readonly endpoint: string; readonly samplingPercent: number };
  /** One JSON line per request in `sidecar/envoy.log` of each Pod. Default false: it costs a third of the CPU time. */
  readonly accessLog?: boolean;
  /** Told of what belongs to no Pod: a status that cannot be stored. */
  readonly onProblem?: (message: string) => void;
}

export interface RunningSidecars extends Sidecars {
  /** Resolves when every sidecar has taken, or refused, the objects as they are now. */
  settled(): Promise<void>;
  /** Stops following the store. The Envoys run on, for the next daemon to adopt. */
  close(): Promise<void>;
}

const portRetryMs = 2000;
/** From a connection's handshake until a busy Envoy has accepted it, generously. */
const acceptMs = 100;
/** A sidecar that did not answer in time is asked again. */
const retryMs = 1000;

/** The sidecars of a cluster: compiled from the store, pushed when it changes, told of in the status of its objects. */
export function createSidecars(options: SidecarsOptions): RunningSidecars {
  return new SidecarFleet(options);
}

interface Failure {
  readonly rejected: boolean;
  readonly message: string;
}

class SidecarFleet implements RunningSidecars {
  readonly #options: SidecarsOptions;
  readonly #compile: CompileOptions;
  readonly #live = new Map<string, Sidecar>();
  /** Sidecars that are about to run with this configuration. */
  readonly #starting = new Map<string, Compiled>();
  /** Host addresses that another program holds, with the error. */
  readonly #taken = new Map<string, string>();
  /** Gateways that are about to end: `out` of the way of new connections, then `shut`, so that old ones are told to go. */
  readonly #leaving = new Map<string, 'out' | 'shut'>();
  readonly #door: HostDoor;
  readonly #quarantine = createQuarantine();
  #conflicts: ReadonlySet<string> = new Set();
  readonly #mirror: ReturnType<typeof openMirror>;
  readonly #unwatch: () => void;
  #round: Promise<void> | undefined;
  #next: PromiseWithResolvers<void> | undefined;
  #ended = Promise.withResolvers<void>();
  #closed = false;
  #cancelRetry: () => void = () => undefined;

  constructor(options: SidecarsOptions) {
    this.#options = options;
    this.#compile = {
      identityBundlePem: options.authority.identityBundlePem,
      outboundPorts: openOutboundPorts(join(options.stateDir, 'sidecar-ports.json')),
      tracing: options.tracing,
      accessLog: options.accessLog,
      edgeAddress: ({ port }, { uid, ip }) =>
        options.hostPorts[port] && this.#leaving.get(uid) !== 'shut' ? `${ip}:${port}` : undefined,
    };
    this.#door = openHostDoor({
      ...options,
      onEvent: (reason, message) => this.#tellGateways(reason, message),
      onBack: () => void this.settled(),
    });
    publishClasses(options);
    this.#mirror = openMirror(options.store, Object.values(followedKinds), () => void this.settled());
    const policies = 'NetworkPolicy.networking.k8s.io';
    const explain = (object: Stored) =>
      options.events.record(object, {
        type: 'Normal',
        reason: 'IdentityInstead',
        message: 'this cluster has no Pod network to filter: sidecars enforce the identity of callers instead',
      });
    this.#unwatch = options.store.watch(policies, ({ type, object }) => type === 'ADDED' && explain(object));
    void this.settled();
  }

  #world(): World {
    return readWorld(this.#mirror.read, this.#options.authority.trustDomain);
  }

  #view(pod: Stored<Pod>, sandbox: PodSandbox): { readonly pod: MeshPod; readonly meshed: boolean } {
    const namespace = this.#options.store.get<Namespace>('Namespace', pod.metadata.namespace ?? '');
    return { pod: meshPod(pod, sandbox.ip), meshed: isMeshed(pod, namespace) };
  }

  settled(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#next ??= Promise.withResolvers<void>();
    const { promise } = this.#next;
    this.#round ??= this.#rounds();
    return promise;
  }

  /** One round after another while there are changes; changes of one turn of the event loop share a round. */
  async #rounds(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#next) {
      const { resolve } = this.#next;
      this.#next = undefined;
      if (!this.#closed) await this.#push().catch((error: unknown) => this.#refusedByStore(error));
      resolve();
      this.#ended.resolve();
      this.#ended = Promise.withResolvers<void>();
    }
    this.#round = undefined;
  }

  /** A full disk, or a namespace that is going: the next look tries again. */
  #refusedByStore(error: unknown): void {
    if (!(error instanceof StatusError)) throw error;
    this.#options.onProblem?.(`status of routes and gateways: ${error.message}`);
    this.#options.clock.after(retryMs, () => void this.settled());
  }

  async #push(): Promise<void> {
    const world = this.#world();
    ensureGateways(this.#options, world.gateways);
    await this.#checkHostPorts(
      this.#gateways().map(({ pod }) => pod),
      world,
    );
    let failures = await this.#pushAll(world);
    const [first] = failures;
    if (first?.rejected && this.#quarantine.refuse(world, first.message)) failures = await this.#pushAll(world);
    if (this.#closed) return;
    failures = [...failures, ...(await this.#lead(world))];
    if (failures.length === 0) this.#quarantine.taken(world);
    const result = (route?: AnyRoute): Programmed => {
      const message = (route && this.#quarantine.reason(route)) ?? failures[0]?.message;
      return { ok: message === undefined, message: message ?? '' };
    };
    this.#tellConflicts(world);
    publish(this.#options, world, { mapped: this.#options.hostPorts, taken: this.#taken }, result);
  }

  async #pushAll(world: World): Promise<Failure[]> {
    const good = this.#quarantine.apply(world);
    const results = await Promise.all([...this.#live.values()].map((sidecar) => this.#pushOne(sidecar, good)));
    return results.filter((failure) => failure !== undefined).sort((a, b) => Number(b.rejected) - Number(a.rejected));
  }

  #gateways(): Sidecar[] {
    return [...this.#live.values()].filter(({ pod }) => pod.gateway);
  }

  /** Leads from the host's ports to every gateway that listens and stays. While one is being started again nothing changes. */
  async #lead(world: World): Promise<Failure[]> {
    const ways = new Map<string, string[]>();
    for (const { pod, running, confirmed } of this.#gateways()) {
      if (!running || this.#leaving.has(pod.uid)) continue;
      const open = new Set(confirmed.listeners.map(({ name }) => name));
      for (const listener of gatewaysOf(world, pod).flatMap(({ spec }) => spec.listeners)) {
        const address = this.#options.hostPorts[listener.port];
        if (!address || this.#taken.has(address) || !open.has(edgeHost(listener))) continue;
        ways.set(address, [...(ways.get(address) ?? []), `${pod.ip}:${listener.port}`]);
      }
    }
    const message = await this.#door.lead(ways).catch((error: Error) => `host ports: ${error.message}`);
    return message === undefined ? [] : [{ rejected: false, message }];
  }

  /** A contradiction is told when it appears, and again when it comes back. */
  #tellConflicts({ protocolConflicts }: World): void {
    const { store, events } = this.#options;
    for (const { kind, name, namespace, message } of protocolConflicts) {
      const object = store.get(kind, name, namespace);
      if (object && !this.#conflicts.has(message))
        events.record(object, { type: 'Warning', reason: 'ProtocolConflict', message });
    }
    this.#conflicts = new Set(protocolConflicts.map(({ message }) => message));
  }

  #tellGateways(reason: string, message: string): void {
    for (const { pod } of this.#gateways()) {
      const object = this.#options.store.get<Pod>('Pod', pod.name, pod.namespace);
      if (object) this.#options.events.record(object, { type: 'Warning', reason, message: `host ports: ${message}` });
    }
  }

  /** What a running sidecar had to say against it; one that is being started again reads its files by itself. */
  async #pushOne(sidecar: Sidecar, world: World): Promise<Failure | undefined> {
    const name = `sidecar of ${sidecar.pod.namespace}/${sidecar.pod.name}`;
    if (!sidecar.running) return undefined;
    let result: PushResult;
    try {
      result = await sidecar.push(compile(sidecar.pod, world, this.#compile));
    } catch (error) {
      this.#options.clock.after(retryMs, () => void this.settled());
      return { rejected: false, message: `${name}: ${(error as Error).message}` };
    }
    if (result.outcome === 'confirmed' || !this.#live.has(sidecar.pod.uid) || !sidecar.running) return undefined;
    if (result.outcome === 'unconfirmed') this.#options.clock.after(retryMs, () => void this.settled());
    return { rejected: result.outcome === 'rejected', message: `${name} ${result.outcome}: ${result.message}` };
  }

  async start(object: Stored<Pod>, sandbox: PodSandbox): Promise<void> {
    const { pod, meshed } = this.#view(object, sandbox);
    if (!meshed || this.#live.has(pod.uid)) return;
    const { authority, envoy, clock, events } = this.#options;
    checkInotify(this.#live.size + this.#starting.size + 1);
    if (pod.gateway) await this.#checkHostPorts([pod], this.#world());
    // Read after the wait: a Pod that has begun to leave meanwhile must not be among the endpoints.
    const world = this.#world();
    const onEvent = (reason: string, message: string) => events.record(object, { type: 'Warning', reason, message });
    const onBack = () => void this.settled();
    const own = { pod, podDir: sandbox.dir, authority, envoy, clock, onEvent, onBack };
    const attempt = async () => {
      const compiled = compile(pod, this.#quarantine.apply(world), this.#compile);
      this.#starting.set(pod.uid, compiled);
      this.#live.set(pod.uid, await startSidecar(own, compiled));
    };
    try {
      await attempt().catch((error: Error) => {
        if (this.#live.size > 0 || !this.#quarantine.refuse(world, error.message)) throw error;
        return attempt();
      });
    } finally {
      this.#starting.delete(pod.uid);
    }
    await this.settled();
  }

  /** A gateway whose host ports are taken runs without them, says so, and looks again. */
  async #checkHostPorts(gateways: readonly MeshPod[], world: World): Promise<void> {
    const wanted = gateways.flatMap((pod) => gatewaysOf(world, pod).flatMap(({ spec }) => spec.listeners));
    for (const address of new Set(wanted.map(({ port }) => this.#options.hostPorts[port]))) {
      if (!address || this.#taken.has(address) || this.#door.holds(address)) continue;
      const problem = await portTaken(address);
      if (!problem) continue;
      this.#taken.set(address, problem);
      this.#retryPorts();
    }
  }

  #retryPorts(): void {
    this.#cancelRetry();
    this.#cancelRetry = this.#options.clock.after(portRetryMs, () => void this.#lookAgain());
  }

  async #lookAgain(): Promise<void> {
    for (const address of [...this.#taken.keys()]) if (!(await portTaken(address))) this.#taken.delete(address);
    if (this.#closed) return;
    if (this.#taken.size > 0) this.#retryPorts();
    await this.settled();
  }

  environment(
    pod: Stored<Pod>,
    sandbox: PodSandbox,
    declared: Readonly<Record<string, string>>,
  ): Record<string, string> {
    const view = this.#view(pod, sandbox);
    return view.meshed ? sidecarEnvironment(view.pod, declared, this.#compile.outboundPorts) : {};
  }

  #sendsTo(podUid: string): boolean {
    if ([...this.#starting.values()].some(({ endpointUids }) => endpointUids.has(podUid))) return true;
    return [...this.#live].some(
      ([uid, sidecar]) => uid !== podUid && sidecar.running && sidecar.confirmed.endpointUids.has(podUid),
    );
  }

  async drained(podUid: string, signal: AbortSignal): Promise<void> {
    const aborted = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    const isGateway = this.#live.get(podUid)?.pod.gateway !== undefined;
    if (isGateway) this.#leaving.set(podUid, 'out');
    await Promise.race([this.settled(), aborted]);
    if (isGateway) {
      // What was on its way to it when the door led elsewhere is accepted by then.
      await Promise.race([new Promise<void>((resolve) => void this.#options.clock.after(acceptMs, resolve)), aborted]);
      this.#leaving.set(podUid, 'shut');
      await Promise.race([this.settled(), aborted]);
    }
    while (this.#sendsTo(podUid) && !signal.aborted && !this.#closed) {
      await Promise.race([this.#ended.promise, aborted]);
    }
    if (signal.aborted || this.#closed) return;
    const sidecar = this.#live.get(podUid);
    if (sidecar) await quiet(sidecar.admin, this.#options.clock, () => sidecar.running, signal);
  }

  async stop(podUid: string): Promise<void> {
    const sidecar = this.#live.get(podUid);
    this.#live.delete(podUid);
    this.#leaving.delete(podUid);
    if (this.#gateways().length === 0) await this.#door.end();
    await sidecar?.stop();
    void this.settled();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#mirror.stop();
    this.#unwatch();
    this.#cancelRetry();
    await this.#round;
    for (const sidecar of this.#live.values()) sidecar.release();
    this.#door.release();
  }
}
