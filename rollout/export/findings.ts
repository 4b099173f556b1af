import type { Finding } from '../../mesh/mesh.ts';
import { rateWindow } from '../../mesh/promql.ts';
import type { RolloutPlan } from '../core/plan.ts';
import { measurementsOf } from './measurement.ts';
import { pace, wholeSeconds } from './pace.ts';
import { wayOf } from './strategy.ts';
import type { EngineName, ExportTarget } from './target.ts';

/** Something of a plan that an engine cannot say: the field of the Rollout, and why. */
export interface Loss {
  readonly field: string;
  readonly reason: string;
}

const interval = wholeSeconds(pace.intervalMs);
const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** What neither engine can say. */
function lostInBoth(plan: RolloutPlan): readonly Loss[] {
  const { decision, gates, request, retry } = plan;
  const { minRequests, maxRequests } = decision;
  const when = (condition: boolean, field: string, reason: string): readonly Loss[] =>
    condition ? [{ field, reason }] : [];
  return [
    { field: 'checks', reason: `it looks at windows of ${rateWindow} every ${interval}, not at each request` },
    {
      field: 'decision.falseAlarm, decision.missed',
      reason: 'it has thresholds and no error probabilities; each threshold is where the evidence leans neither way',
    },
    {
      field: 'decision.falseBlame',
      reason:
        'failures of the stable release in the same time are no excuse: a failing dependency condemns the candidate',
    },
    ...when(minRequests > 0, 'decision.minRequests', 'it does not ask how many requests a measured share stands for'),
    ...when(maxRequests !== undefined, 'decision.maxRequests', 'it ends by time and by failed checks only'),
    ...when(gates.contract, 'gates.contract', 'it knows no contracts: check them before the new release is applied'),
    ...when(request !== undefined, 'request', 'a word about one attempt is said to the engine itself'),
    ...when(retry > 0, 'retry', 'it tries again when the Pod template changes'),
  ];
}

/** Checks for which no mesh has a series. */
function uncounted({ checks }: RolloutPlan): readonly Loss[] {
  return checks.flatMap((check): readonly Loss[] => {
    const field = `checks[${check.name}].${check.kind}`;
    if (check.kind === 'counter') {
      return [{ field, reason: `no mesh has a series that counts ${check.counter}; only the kit counts it` }];
    }
    if (check.kind === 'gauge') {
      return [{ field, reason: `no mesh has a series for ${check.gauge}; only the kit reads it` }];
    }
    return [];
  });
}

/** A relative check has nothing to be compared with where the candidate has everything. */
function unaccompanied(engine: EngineName, plan: RolloutPlan): readonly Loss[] {
  const alone = 'at 100 % the stable release has no requests to compare with';
  const way = wayOf(plan);
  const compares = plan.stages.some(({ traffic }) => traffic.weight < 100);
  const outcome =
    engine === 'argo' || !compares
      ? 'it is left out there'
      : 'a check without a value is a failed one, so that 100 % is no stage of its own';
  if (engine === 'flagger' && way.kind !== 'weights') return [];
  return measurementsOf(plan)
    .filter(({ relative }) => relative)
    .map(({ name }) => ({ field: `checks[${name}].latency.ratio`, reason: `${alone}: ${outcome}; set a limit` }));
}

function lostInFlagger(plan: RolloutPlan, target: ExportTarget): readonly Loss[] {
  const { decision, gates, noEvidence } = plan;
  const way = wayOf(plan);
  const waits = way.kind === 'weights' ? way.stages.slice(0, -1).map(({ minDurationMs }) => minDurationMs) : [];
  const inARow = `after ${plural(pace.failedLooks, 'such check')} it rolls back`;
  return [
    ...(new Set(waits).size > 1
      ? [{ field: 'strategy.canary.steps[*].minDuration', reason: 'all steps last as long as the longest one' }]
      : []),
    ...(way.kind === 'mirror' && way.percent < 100
      ? [{ field: 'strategy.mirror.percent', reason: 'by Gateway API it copies all requests or none' }]
      : []),
    {
      field: 'decision.maxDuration, decision.onInconclusive',
      reason: `a check passes or fails and nothing stays undecided: no values is a failed check, and ${inARow}`,
    },
    { field: 'noEvidence', reason: `it neither waits nor makes calls: no requests is a failed check, and ${inARow}` },
    ...(gates.smoke || noEvidence.action === 'drive'
      ? [
          {
            field: 'calls',
            reason: 'it makes no calls; a webhook of type pre-rollout or rollout to a load tester does',
          },
        ]
      : []),
    ...(target.protocol === 'grpc'
      ? [{ field: 'service', reason: 'it writes an HTTPRoute and never a GRPCRoute: matches by method are lost' }]
      : []),
    ...(target.moreRoutes.length > 0
      ? [
          {
            field: 'service',
            reason: `it moves no weights in routes of other names: ${target.moreRoutes.join(', ')} stays as it is`,
          },
        ]
      : []),
    ...(decision.maxDurationMs < pace.intervalMs * pace.failedLooks
      ? [{ field: 'decision.maxDuration', reason: `${pace.failedLooks} checks take longer` }]
      : []),
  ];
}

function lostInArgo({ decision, gates, noEvidence }: RolloutPlan): readonly Loss[] {
  return [
    ...(decision.onInconclusive === 'rollback'
      ? [
          {
            field: 'decision.onInconclusive',
            reason: 'an inconclusive analysis pauses, until a person aborts or promotes',
          },
        ]
      : []),
    ...(noEvidence.action === 'stop'
      ? [{ field: 'noEvidence.action', reason: 'measurements without a value pause the rollout; they do not end it' }]
      : []),
    ...(gates.smoke || noEvidence.action === 'drive'
      ? [{ field: 'calls', reason: 'it makes no calls; an analysis of kind job or web does, by a program of your own' }]
      : []),
  ];
}

/** Ways that an engine cannot go at all; then nothing is written. */
function impossible(engine: EngineName, plan: RolloutPlan, target: ExportTarget): readonly Loss[] {
  const way = wayOf(plan);
  if (way.kind === 'consumers') {
    return [{ field: 'strategy.consumer', reason: 'it moves requests, and competing consumers have none' }];
  }
  if (target.protocol === 'tcp') {
    return [{ field: 'service', reason: 'TCP has no requests, and so no series that could be judged' }];
  }
  if (way.kind === 'mirror' && target.mesh === 'linkerd') {
    return [{ field: 'strategy.mirror', reason: 'Linkerd copies no requests' }];
  }
  if (way.kind === 'mirror' && engine === 'argo') {
    const reason = 'its plug-in for Gateway API takes setMirrorRoute and does nothing, so that nothing would be judged';
    return [{ field: 'strategy.mirror', reason }];
  }
  return [];
}

/** Everything of the plan that the engine cannot say; `fatal` when nothing may be written. */
export function lossesOf(
  engine: EngineName,
  plan: RolloutPlan,
  target: ExportTarget,
): { readonly fatal: boolean; readonly losses: readonly Loss[] } {
  const dead = impossible(engine, plan, target);
  if (dead.length > 0) return { fatal: true, losses: dead };
  const ofChecks = uncounted(plan);
  if (judgedAnywhere(plan).length === 0) {
    return {
      fatal: true,
      losses: [...ofChecks, { field: 'checks', reason: 'none is left: it would promote whatever comes' }],
    };
  }
  const own = engine === 'flagger' ? lostInFlagger(plan, target) : lostInArgo(plan);
  return { fatal: false, losses: [...lostInBoth(plan), ...ofChecks, ...unaccompanied(engine, plan), ...own] };
}

/** Measurements that some stage can make. */
function judgedAnywhere(plan: RolloutPlan) {
  const compares = plan.stages.some(({ traffic }) => traffic.weight < 100);
  return measurementsOf(plan).filter(({ relative }) => compares || !relative);
}

/** Findings about one Rollout, as they are printed. */
export function findingsOf({ service }: RolloutPlan, { namespace }: ExportTarget, losses: readonly Loss[]): Finding[] {
  return losses.map(({ field, reason }) => ({ object: `Rollout ${namespace}/${service}`, field, reason }));
}
