import type { RolloutResource } from '../../rollout/resource/rollout.ts';
import type { Cluster } from '../cluster.ts';
import type { CommandContext, OutputFormat } from '../command.ts';
import type { ExitName } from '../exit-codes.ts';
import { Failure } from '../failure.ts';
import { writeDocument } from '../output/document.ts';
import type { Asked } from './ask.ts';
import { awaitOutcome, awaitRollout } from './await-rollout.ts';
import { rolloutName } from './rollouts.ts';

export interface AskRequest extends Asked {
  readonly service: string;
  /** The attempt that is to end by it; absent: the one that there is. */
  readonly attempt?: number;
  readonly timeoutMs: number;
  readonly output: OutputFormat;
}

/** Writes what is asked for and waits until it is so; `failed` when the attempt ended otherwise. */
export async function carryOutAsk(context: CommandContext, cluster: Cluster, request: AskRequest): Promise<ExitName> {
  const { service, patch, outcome, attempt, timeoutMs } = request;
  const change = { ...rolloutName(service), spec: patch };
  await cluster.merge(change);
  if (outcome === undefined) {
    await awaitRollout(context, cluster, service, `rollout '${service}' taken up`, () => undefined, { timeoutMs });
    return tell(context, request, { phase: undefined });
  }
  if (attempt !== undefined) {
    const begun = `attempt ${attempt} of ${service} begun`;
    await awaitRollout(context, cluster, service, begun, (seen) => notBegun(seen, attempt), { timeoutMs });
  }
  const ended = await awaitOutcome(context, cluster, service, { timeoutMs });
  const reason = ended.rollout.status?.message ?? '';
  return tell(context, request, { phase: ended.outcome, reason });
}

function notBegun({ spec, status }: RolloutResource, attempt: number): string | undefined {
  const { attempt: seen = 0, phase, message = '' } = status ?? {};
  if (seen >= attempt) return undefined;
  if (phase !== 'Idle') return `attempt ${seen} is the last one`;
  throw new Failure('NothingToDo', `rollout '${spec.service}': ${message}`, { hint: 'Type: parley status' });
}

async function tell(
  { stdout, stderr }: CommandContext,
  { service, outcome, reply, output }: AskRequest,
  { phase, reason }: { readonly phase: Asked['outcome']; readonly reason?: string },
): Promise<ExitName> {
  const done = phase === outcome;
  if (output !== 'text') {
    await writeDocument(stdout, output, 'RolloutReply', { service, done, ...(phase ? { phase, reason } : {}) });
  } else if (done) stdout.write(`${reply}\n`);
  if (done) return 'ok';
  stderr.write(`parley: rollout '${service}' ended otherwise: ${phase}, ${reason}\n`);
  stderr.write(`  Type: parley rollout explain ${service}\n`);
  return 'failed';
}
