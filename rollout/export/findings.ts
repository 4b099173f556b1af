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

/** A row of a table of losses: whether this plan has it, the field, and why. */
type Row = readonly [has: boolean, field: string, reason: string];

const present = (rows: readonly Row[]): readonly Loss[] =>
  rows.filter(([has]) => has).map(([, field, reason]) => ({ field, reason }));

/** What neither engine can say. */
function lostInBoth({ decision, gates, request, retry }: RolloutPlan): readonly Loss[] {
  const { minRequests, maxRequests } = decision;
  return present([
    [true, 'checks', `it looks at windows of ${rateWindow} every ${interval}, not at each request`],
    [
      true,
      'decision.falseAlarm, decision.missed',
      'it has thresholds and no error probabilities; each threshold is where the evidence leans neither way',
    ],
    [
      true,
      'decision.falseBlame',
      'failures of the stable release in the same time are no excuse: a failing dependency condemns the candidate',
    ],
    [minRequests > 0, 'decision.minRequests', 'it does not ask how many requests a measured share stands for'],
    [maxRequests !== undefined, 'decision.maxRequests', 'it ends by time and by failed checks only'],
    [gates.contract, 'gates.contract', 'it knows no contracts: check them before the new release is applied'],
    [request !== undefined, 'request', 'a word about one attempt is said to the engine itself'],
    [retry > 0, 'retry', 'it tries again when the Pod template changes'],
  ]);
}

/** Checks for which no mesh has a series. */
function uncounted({ checks }: RolloutPlan): readonly Loss[] {
  return checks.flatMap((check) => {
    const field = `checks[${check.name}].${check.kind}`;
    const [counter, gauge] = [check.kind === 'counter' ? check.counter : '', check.kind === 'gauge' ? check.gauge : ''];
    return present([
      [
        counter !== '',
        field,
        `no mesh has a series that counts ${counter}; a broker or a program of your own does, which only the kit asks`,
      ],
      [gauge !== '', field, `no mesh has a series for ${gauge}; only the kit reads it`],
    ]);
  });
}

/** A relative check has nothing to be compared with where the candidate has everything. */
function unaccompanied(engine: EngineName, plan: RolloutPlan): readonly Loss[] {
  const compares = plan.stages.some(({ traffic }) => traffic.weight < 100);
  if (engine === 'flagger' && wayOf(plan).kind !== 'weights') return [];
  const outcome =
    engine === 'argo' || !compares
      ? 'it is left out there'
      : 'a check without a value is a failed one, so that 100 % is no stage of its own';
  return plan.checks
    .filter((check) => check.kind === 'latency' && check.limitMs === undefined)
    .map(({ name }) => ({
      field: `checks[${name}].latency.ratio`,
      reason: `at 100 % the stable release has no requests to compare with: ${outcome}; set a limit`,
    }));
}

function lostInFlagger(plan: RolloutPlan, { protocol, moreRoutes }: ExportTarget): readonly Loss[] {
  const { decision, gates, noEvidence } = plan;
  const way = wayOf(plan);
  const waits = way.kind === 'weights' ? way.stages.slice(0, -1).map(({ minDurationMs }) => minDurationMs) : [];
  const silence = `no values is a failed check, and after ${pace.failedLooks} of them it rolls back`;
  return present([
    [new Set(waits).size > 1, 'strategy.canary.steps[*].minDuration', 'all steps last as long as the longest one'],
    [
      way.kind === 'mirror' && way.percent < 100,
      'strategy.mirror.percent',
      'by Gateway API it copies all requests or none',
    ],
    [
      true,
      'decision.maxDuration, decision.onInconclusive',
      `a check passes or fails and nothing stays undecided: ${silence}`,
    ],
    [
      decision.maxDurationMs < pace.intervalMs * pace.failedLooks,
      'decision.maxDuration',
      `${pace.failedLooks} checks take longer`,
    ],
    [true, 'noEvidence', `it neither waits nor makes calls: ${silence}`],
    [
      gates.smoke || noEvidence.action === 'drive',
      'calls',
      'it makes no calls; a webhook of type pre-rollout or rollout to a load tester does',
    ],
    [protocol === 'grpc', 'service', 'it writes an HTTPRoute and never a GRPCRoute: matches by method are lost'],
    [
      moreRoutes.length > 0,
      'service',
      `it moves no weights in routes of other names: ${moreRoutes.join(', ')} stays as it is`,
    ],
  ]);
}

function lostInArgo({ decision, gates, noEvidence }: RolloutPlan): readonly Loss[] {
  return present([
    [
      decision.onInconclusive === 'rollback',
      'decision.onInconclusive',
      'an inconclusive analysis pauses, until a person aborts or promotes',
    ],
    [
      noEvidence.action === 'stop',
      'noEvidence.action',
      'measurements without a value pause the rollout; they do not end it',
    ],
    [
      gates.smoke || noEvidence.action === 'drive',
      'calls',
      'it makes no calls; an analysis of kind job or web does, by a program of your own',
    ],
  ]);
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
  if (measurementsOf(plan).length === 0) {
    return {
      fatal: true,
      losses: [...ofChecks, { field: 'checks', reason: 'none is left: it would promote whatever comes' }],
    };
  }
  const own = engine === 'flagger' ? lostInFlagger(plan, target) : lostInArgo(plan);
  return { fatal: false, losses: [...lostInBoth(plan), ...ofChecks, ...unaccompanied(engine, plan), ...own] };
}

/** Findings about one Rollout, as they are printed. */
export function findingsOf({ service }: RolloutPlan, { namespace }: ExportTarget, losses: readonly Loss[]): Finding[] {
  return losses.map(({ field, reason }) => ({ object: `Rollout ${namespace}/${service}`, field, reason }));
}
