import type { Condition } from 'kubernetes-types/meta/v1.js';
import { timestamp } from '../../kube/clock.ts';
import type { RolloutPhase, RolloutStatus } from './rollout.ts';

type Told = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

const underWay: readonly RolloutPhase[] = ['Gating', 'Shifting', 'Analysing', 'Reverting'];
const open: readonly RolloutPhase[] = [...underWay, 'Paused', 'Idle'];

/** What conditions are about. */
interface Seen {
  readonly phase: RolloutPhase;
  readonly message: string;
  readonly verdict?: RolloutStatus['verdict'];
  readonly missing?: string;
}

function healthOf({ phase, message, verdict, missing }: Seen): Told {
  const health = (status: Told['status'], reason: string, text: string): Told => ({
    type: 'Healthy',
    status,
    reason,
    message: text,
  });
  if (missing !== undefined) return health('Unknown', 'EvidenceMissing', missing);
  if (verdict === 'pass') return health('True', 'ChecksPass', 'every check of the candidate passes');
  if (verdict === 'fail') return health('False', 'ChecksFail', message);
  if (verdict === 'inconclusive') return health('Unknown', 'EvidenceInsufficient', message);
  return health(
    'Unknown',
    'NotJudged',
    phase === 'Idle' ? 'there is no candidate to judge' : 'the candidate has not been judged yet',
  );
}

/**
 * Conditions in the manner of the API conventions
 * (https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#typical-status-properties):
 * `lastTransitionTime` moves only when `status` does.
 */
export function conditionsOf(
  seen: Seen,
  before: readonly Condition[] | undefined,
  { generation, nowMs }: { readonly generation: number; readonly nowMs: number },
): readonly Condition[] {
  const { phase, message } = seen;
  const told: readonly Told[] = [
    { type: 'Progressing', status: underWay.includes(phase) ? 'True' : 'False', reason: phase, message },
    healthOf(seen),
    { type: 'Completed', status: open.includes(phase) ? 'False' : 'True', reason: phase, message },
  ];
  return told.map((condition) => transition(condition, before, generation, nowMs));
}

/** The condition with the time since when it has its status. */
export function transition(
  condition: Told,
  before: readonly Condition[] | undefined,
  generation: number,
  nowMs: number,
): Condition {
  const old = before?.find(({ type }) => type === condition.type);
  const lastTransitionTime = old && old.status === condition.status ? old.lastTransitionTime : timestamp(nowMs);
  return { ...condition, lastTransitionTime, observedGeneration: generation };
}
