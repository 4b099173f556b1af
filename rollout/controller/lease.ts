import { type Clock, pause } from '../../kube/clock.ts';
import { type KubeRest, RestError } from '../../kube/rest.ts';

/** https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/ */
interface Lease {
  readonly apiVersion: 'coordination.k8s.io/v1';
  readonly kind: 'Lease';
  readonly metadata: { readonly name: string; readonly namespace: string; readonly resourceVersion?: string };
  readonly spec: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    /** RFC 3339 with microseconds. */
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
}

export interface LeaseOptions {
  readonly rest: KubeRest;
  readonly clock: Clock;
  readonly namespace: string;
  readonly name: string;
  /** Who holds it; one that has the same name is taken for the same. */
  readonly identity: string;
  /** How long others wait after its last renewal before they take it; whole seconds. */
  readonly durationMs: number;
  readonly onChange: (leads: boolean) => void;
  readonly onProblem: (message: string) => void;
}

/** Says who of several controllers acts. */
export interface Election {
  /** Whether nobody else can have it now: asked before each write. */
  leads(): boolean;
  /** Gives it back, so that others need not wait. */
  stop(): Promise<void>;
}

const group = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' } as const;

/** What of the duration is left to renew in, and how often it is tried: client-go's proportions (15 s, 10 s, 2 s). */
const renewWithin = 2 / 3;
const tryEvery = 2 / 15;

/**
 * Campaigns until it is stopped. Clocks of others are not trusted: a Lease has expired when no change of it was seen for its duration by
 * our own clock, and we lead no longer than two thirds of it after we began the last renewal
 * (https://pkg.go.dev/k8s.io/client-go/tools/leaderelection).
 */
export function campaign(options: LeaseOptions): Election {
  const { clock, durationMs, rest } = options;
  const stop = new AbortController();
  let seen: { readonly version: string | undefined; readonly atMs: number } | undefined;
  let ledUntilMs = 0;
  let told = false;
  let held: Lease | undefined;

  const leads = () => !stop.signal.aborted && clock.now() < ledUntilMs;
  const tell = () => {
    if (told === leads()) return;
    told = leads();
    options.onChange(told);
  };

  const turn = async () => {
    const beganMs = clock.now();
    // An answer that comes later than this helps nobody. `stop` does not cut it off: what is on its way would be held by nobody.
    const signal = AbortSignal.timeout(Math.ceil(durationMs * renewWithin));
    try {
      const path = await rest.pathOf(group.apiVersion, group.kind, options.namespace);
      const found = await read(rest, `${path}/${options.name}`, signal);
      const version = found?.metadata.resourceVersion;
      if (version !== seen?.version) seen = { version, atMs: beganMs };
      if (isFree(found, options, beganMs - (seen?.atMs ?? beganMs))) {
        held = await take(options, path, found, signal);
        seen = { version: held.metadata.resourceVersion, atMs: beganMs };
        ledUntilMs = beganMs + durationMs * renewWithin;
      } else ledUntilMs = 0;
    } catch (error) {
      // 409: somebody else was faster, which the next look shows.
      if (!isStatus(error, 409)) options.onProblem(messageOf(options, error));
    }
  };

  const run = async () => {
    while (!stop.signal.aborted) {
      await turn();
      if (stop.signal.aborted) return;
      tell();
      await pause(clock, durationMs * tryEvery, stop.signal);
    }
  };
  const done = run();
  return {
    leads,
    async stop() {
      const hadIt = leads();
      stop.abort();
      await done;
      if (told) options.onChange(false);
      told = false;
      if (hadIt && held) await giveBack(rest, held);
    },
  };
}

function isFree(found: Lease | undefined, { identity, durationMs }: LeaseOptions, unchangedMs: number): boolean {
  const { holderIdentity, leaseDurationSeconds } = found?.spec ?? {};
  if (!holderIdentity || holderIdentity === identity) return true;
  return unchangedMs >= (leaseDurationSeconds === undefined ? durationMs : leaseDurationSeconds * 1000);
}

async function read(rest: KubeRest, path: string, signal: AbortSignal): Promise<Lease | undefined> {
  try {
    return (await rest.sendAtOnce('GET', path, undefined, signal)) as Lease;
  } catch (error) {
    if (isStatus(error, 404)) return undefined;
    throw error;
  }
}

/** Written with the version that was read, so that of two who try at once one is refused. */
async function take(
  options: LeaseOptions,
  path: string,
  found: Lease | undefined,
  signal: AbortSignal,
): Promise<Lease> {
  const { clock, durationMs, identity, name, namespace, rest } = options;
  const now = new Date(clock.now()).toISOString().replace('Z', '000Z');
  const isOurs = found?.spec.holderIdentity === identity;
  const lease: Lease = {
    ...group,
    metadata: { name, namespace, ...(found ? { resourceVersion: found.metadata.resourceVersion } : {}) },
    spec: {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(durationMs / 1000),
      acquireTime: isOurs ? (found.spec.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: found ? (found.spec.leaseTransitions ?? 0) + (isOurs ? 0 : 1) : 0,
    },
  };
  const written = found
    ? rest.sendAtOnce('PUT', `${path}/${name}`, lease, signal)
    : rest.sendAtOnce('POST', path, lease, signal);
  return (await written) as Lease;
}

/** Leaves the Lease without a holder; one that somebody else took meanwhile stays theirs. */
async function giveBack(rest: KubeRest, lease: Lease): Promise<void> {
  const path = await rest.pathOf(group.apiVersion, group.kind, lease.metadata.namespace);
  const { holderIdentity: _, ...spec } = lease.spec;
  try {
    await rest.sendAtOnce('PUT', `${path}/${lease.metadata.name}`, {
      ...lease,
      spec: { ...spec, leaseDurationSeconds: 1 },
    });
  } catch (error) {
    if (!isStatus(error, 409) && !isStatus(error, 404)) throw error;
  }
}

const isStatus = (error: unknown, status: number): boolean => error instanceof RestError && error.status === status;

function messageOf({ namespace, name }: LeaseOptions, error: unknown): string {
  return `Lease ${namespace}/${name}: ${error instanceof Error ? error.message : String(error)}`;
}
