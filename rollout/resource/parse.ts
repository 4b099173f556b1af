import type { Decision, Gates, NoEvidence, RolloutPlan } from '../core/plan.ts';
import { checkOf } from './checks.ts';
import { defaults } from './defaults.ts';
import { duplicateProblems } from './duplicates.ts';
import { formOf } from './form.ts';
import { RolloutInvalid } from './problem.ts';
import { parseDurationMs, parsePercent } from './quantities.ts';
import type { RolloutResource, RolloutSpec } from './rollout.ts';
import { ruleProblems } from './rule-problems.ts';
import { rolloutRuleTable } from './rules.ts';
import { spec as specSchema } from './schema/spec.ts';
import { stagesOf } from './strategy.ts';

const formProblems = formOf(specSchema);

/**
 * The rollout that a resource asks for, every default filled in. Throws `RolloutInvalid` with everything that is wrong with it: what API
 * servers refuse as well, by the same rules in the same words, and what they cannot see.
 */
export function parseRollout(resource: RolloutResource): RolloutPlan {
  const form = formProblems(resource.spec, ['spec']);
  const problems = [
    ...form,
    ...duplicateProblems(specSchema, resource.spec, ['spec']),
    ...ruleProblems(resource, rolloutRuleTable, form),
  ];
  if (problems.length > 0) throw new RolloutInvalid(resource.metadata, problems);
  return planOf(resource.spec);
}

function planOf(spec: RolloutSpec): RolloutPlan {
  const { service, candidate, stable, request } = spec;
  const action = request && ({ Promote: 'promote', Abort: 'abort' } as const)[request.action];
  return {
    service,
    candidate,
    ...(stable === undefined ? {} : { stable }),
    retry: spec.retry ?? defaults.retry,
    stages: stagesOf(spec.strategy ?? {}),
    checks: (spec.checks ?? defaults.checks).map(checkOf),
    decision: decisionOf(spec),
    gates: gatesOf(spec),
    noEvidence: noEvidenceOf(spec),
    paused: spec.paused ?? false,
    ...(request && action ? { request: { action, attempt: request.attempt } } : {}),
  };
}

function decisionOf({ decision }: RolloutSpec): Decision {
  const wanted = { ...defaults.decision, ...decision };
  return {
    falseAlarm: parsePercent(wanted.falseAlarm),
    missed: parsePercent(wanted.missed),
    falseBlame: parsePercent(wanted.falseBlame),
    minRequests: wanted.minRequests,
    maxDurationMs: parseDurationMs(wanted.maxDuration),
    ...(decision?.maxRequests === undefined ? {} : { maxRequests: decision.maxRequests }),
    onInconclusive: ({ Rollback: 'rollback', Pause: 'pause' } as const)[wanted.onInconclusive],
  };
}

function gatesOf({ gates, calls }: RolloutSpec): Gates {
  const { contract, readinessTimeout } = { ...defaults.gates, ...gates };
  const smoke = gates?.smoke ?? calls !== undefined;
  return {
    contract,
    readinessTimeoutMs: parseDurationMs(readinessTimeout),
    smoke,
    evidence: gates?.evidence ?? smoke,
  };
}

function noEvidenceOf({ noEvidence }: RolloutSpec): NoEvidence {
  const { after, action } = { ...defaults.noEvidence, ...noEvidence };
  return {
    afterMs: parseDurationMs(after),
    action: ({ Wait: 'wait', DriveTraffic: 'drive', Stop: 'stop' } as const)[action],
  };
}
