import { type Cluster, type ObjectName, openCluster } from '../../cli/cluster.ts';
import { Failure } from '../../cli/failure.ts';
import { exchange } from '../../mesh/exchange.ts';
import { releaseName } from '../../mesh/release.ts';
import type { RolloutStatus } from '../../rollout/resource/rollout.ts';
import { rolloutKind } from '../../rollout/resource/rollout.ts';
import { openCaller } from '../../verify/load/callers.ts';
import { runLoad } from '../../verify/load/load.ts';
import { recordCalls, type TakenBack, type TimedCall, takenBack } from '../../verify/load/timeline.ts';
import { benchSite, bringUp, type Site } from '../exchange.ts';
import { summarize } from '../measure/summary.ts';
import type { Measurement, Row, RowContext } from '../row.ts';

const service = 'accounts';
const candidate = '2.1.0-errors';
const rps = 200;
const weight = 10;

/**
 * Requests of the candidate that a sequential test with both errors at 1e-4 needs in the median to tell 5 % errors from 0.1 %
 * (20,000 simulations of Wald's test), whoever makes it: nobody can decide on fewer with the same certainty.
 */
const floorRequests = 56;

interface Round {
  readonly back: TakenBack;
  /** From the first answer of the candidate, good or bad, to its last. */
  readonly sinceFirstMs: number;
}

export const rollback: Row = {
  name: 'rollback',
  title: `a bad candidate at ${weight} % of ${rps} requests a second, until nobody gets to it any more`,
  run: async (context) => {
    await using stack = new AsyncDisposableStack();
    const site = await benchSite(context, stack);
    await bringUp(site, context);
    await site.parley('release', service, candidate);
    const cluster = await openCluster(site.kubeconfig);
    const broken = await rounds(context, cluster, site, 1);
    const some = await rounds(context, cluster, site, 0.05);
    return {
      measurements: [
        untilBack('every answer of the candidate is an error', broken, {
          of: 'measured',
          bound: 'at most',
          value: 1_000,
        }),
        untilBack('one answer in twenty is an error', some),
        requestsNeeded(some),
      ],
      notes: [
        'retries off; the candidate is judged by what callers’ sidecars count; a canary step of 10 %, both error probabilities 0.01 %',
        seenBy('every answer an error', broken),
        seenBy('one in twenty', some),
      ],
    };
  },
};

/** The same bad candidate again and again, each time under load of its own. */
async function rounds(context: RowContext, cluster: Cluster, site: Site, share: number): Promise<Round[]> {
  await makeFail(context, cluster, share);
  const found: Round[] = [];
  for (let round = 0; round < context.rounds; round++) {
    context.say(`${share * 100} % errors, round ${round + 1} of ${context.rounds}`);
    const calls = await underLoad(context, site, () => untilRolledBack(context, cluster));
    const back = takenBack(calls, candidate);
    const own = calls.filter(({ release }) => release === candidate);
    const [first, last] = [own[0], own.at(-1)];
    if (!back || !first || !last) throw new Failure('NothingSeen', `no caller met an error of ${candidate}`);
    found.push({ back, sinceFirstMs: last.endedAtMs - first.endedAtMs });
  }
  return found;
}

async function makeFail(context: RowContext, cluster: Cluster, share: number): Promise<void> {
  const name = releaseName(service, candidate);
  const metadata = { name, namespace: exchange.namespace };
  const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata };
  const deployment = await cluster.read<DeploymentLike>(object);
  const containers = deployment?.spec.template.spec.containers.map((container) => ({
    ...container,
    env: [
      ...(container.env ?? []).filter((variable) => variable.name !== 'FAULT_SHARE'),
      { name: 'FAULT_SHARE', value: String(share) },
    ],
  }));
  const spec = { template: { spec: { containers } } };
  await cluster.merge(patchOf(object, spec));
  await until(context, 60_000, async () => {
    const { metadata: meta, status } = (await cluster.read<DeploymentLike>(object)) ?? {};
    const rolled =
      status && status.observedGeneration === meta?.generation && status.replicas === status.updatedReplicas;
    return rolled && status.readyReplicas === status.replicas ? undefined : `${name}: ${JSON.stringify(status)}`;
  });
}

/** Looks until nothing is missing; fails with what was missing last. */
async function until(context: RowContext, withinMs: number, look: () => Promise<string | undefined>): Promise<void> {
  const startedAt = context.clock.now();
  for (;;) {
    const missing = await look();
    if (missing === undefined) return;
    if (context.clock.now() - startedAt > withinMs)
      throw new Failure('Timeout', `not after ${withinMs} ms: ${missing}`);
    context.signal.throwIfAborted();
    await context.clock.sleep(50, context.signal);
  }
}

interface DeploymentLike {
  readonly status?: Readonly<Record<'observedGeneration' | 'replicas' | 'updatedReplicas' | 'readyReplicas', number>>;
  readonly spec: {
    readonly template: {
      readonly spec: { readonly containers: readonly { readonly env?: readonly { readonly name: string }[] }[] };
    };
  };
}

async function underLoad(context: RowContext, site: Site, work: () => Promise<unknown>): Promise<readonly TimedCall[]> {
  const ended = new AbortController();
  const token = (await site.parley('token')).stdout.trim();
  const { open, calls } = recordCalls(openCaller, context.clock);
  const target = { url: site.url, token: async () => token };
  const load = runLoad(
    { target, kinds: [{ kind: 'rest', rps, connections: 8 }], until: ended.signal, clock: context.clock },
    open,
  );
  await Promise.race([load, work()]).finally(() => ended.abort());
  await load;
  return calls;
}

/** Asks for the candidate once more, and waits until the engine has taken it back. */
async function untilRolledBack(context: RowContext, cluster: Cluster): Promise<void> {
  const name = { ...rolloutKind, metadata: { name: service, namespace: exchange.namespace } };
  const before = await cluster.read<{ spec: { retry?: number }; status?: RolloutStatus }>(name);
  const retry = before ? (before.spec.retry ?? 0) + 1 : 0;
  const spec = { service, candidate, retry, strategy: { canary: { steps: [{ weight }] } } };
  await (before ? cluster.merge(patchOf(name, spec)) : cluster.create({ ...name, spec }));
  const attempt = (before?.status?.attempt ?? 0) + 1;
  await until(context, 60_000, async () => {
    const status = (await cluster.read<{ status?: RolloutStatus }>(name))?.status;
    const entry = status?.history?.find((each) => each.attempt === attempt);
    if (entry?.outcome === 'RolledBack') return undefined;
    if (entry) throw new Failure('NotRolledBack', `attempt ${attempt}: ${entry.outcome}: ${entry.reason}`);
    return `attempt ${attempt}: ${status?.phase ?? 'not begun'}: ${status?.message ?? ''}`;
  });
}

function patchOf(object: ObjectName, spec: object): ObjectName & { readonly spec: object } {
  return { ...object, spec };
}

function untilBack(what: string, seen: readonly Round[], ...goals: Measurement['goals']): Measurement {
  return {
    what: `${what}: from the first one until all is back on the stable release`,
    unit: 'ms',
    measured: { name: 'callers', summary: summarize(seen.map(({ back }) => back.ms)) },
    goals,
  };
}

function requestsNeeded(seen: readonly Round[]): Measurement {
  const answers = summarize(seen.map(({ back }) => back.answers));
  const floor = summarize(seen.map(() => floorRequests));
  return {
    what: 'requests that the candidate got, against the fewest with which anybody could decide',
    unit: 'requests',
    measured: { name: 'callers', summary: answers },
    against: { name: 'floor', summary: floor },
    ratio: summarize(answers.rounds.map((each) => each / floorRequests)),
    goals: [{ of: 'ratio', bound: 'at most', value: 1.5 }],
  };
}

function seenBy(what: string, seen: readonly Round[]): string {
  const bad = seen.map(({ back }) => back.bad);
  return `${what}: callers who met an error, by round: ${bad.join(', ')}; from the candidate's first answer to its last: ${seen.map(({ sinceFirstMs }) => Math.round(sinceFirstMs)).join(', ')} ms`;
}
