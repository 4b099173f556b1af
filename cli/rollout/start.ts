import { isDeepStrictEqual } from 'node:util';
import { parseRollout } from '../../rollout/resource/parse.ts';
import { RolloutInvalid } from '../../rollout/resource/problem.ts';
import type { RolloutResource, RolloutSpec } from '../../rollout/resource/rollout.ts';
import { plainJson } from '../apply/difference.ts';
import { threeWayPatch } from '../apply/three-way.ts';
import { type Cluster, ClusterFailure } from '../cluster.ts';
import type { CommandContext } from '../command.ts';
import { Failure } from '../failure.ts';
import { currentPlan } from '../plan.ts';
import { placeRelease } from '../up/change-plan.ts';
import { requireRelease } from './known-release.ts';
import { isRunning } from './phase.ts';
import { newRollout, readRollout, rolloutName } from './rollouts.ts';

/** What `rollout start` did. */
export interface Started {
  readonly service: string;
  readonly candidate: string;
  /** Whether the release was put beside the others by this. */
  readonly placed: boolean;
  readonly result: 'created' | 'configured' | 'unchanged';
  /** Candidate of the attempt that gives way to this one. */
  readonly supersedes?: string;
}

/**
 * Puts the candidate beside the other releases and asks for the rollout. The same candidate again, when its attempt has ended, is a
 * retry. Fails with what the resource would refuse, before anything is changed.
 */
export async function startRollout(
  context: CommandContext,
  cluster: Cluster,
  asked: RolloutSpec,
  timeoutMs: number,
): Promise<Started> {
  const { service, candidate } = asked;
  requireRelease(context, service, candidate);
  const before = await readRollout(cluster, service);
  if (before) requireNotStable(asked, before);
  const spec = before ? retried(asked, before) : asked;
  requireValid(spec);
  if (!before || !isRunning(before.status)) await requireNotServing(cluster, service, candidate);
  const placed = await placeRelease(context, cluster, service, candidate, timeoutMs);
  const result = await write(cluster, spec, before);
  const running = isRunning(before?.status) ? before?.status?.candidate : undefined;
  const anew = running !== candidate || (spec.retry ?? 0) > (before?.spec.retry ?? 0);
  return {
    service,
    candidate,
    placed,
    result,
    ...(running !== undefined && anew ? { supersedes: running } : {}),
  };
}

/**
 * The spec that makes a new attempt of what ended, or was asked for in other words. An attempt that is at work on the very same goes on, with
 * what people said to it meanwhile. Pure.
 */
export function retried(asked: RolloutSpec, { spec, status }: RolloutResource): RolloutSpec {
  if (asked.candidate !== spec.candidate) return asked;
  const { retry: before = 0, paused, request, ...live } = spec;
  const { retry: wanted = 0, ...words } = asked;
  const same = isDeepStrictEqual(plainJson(words), plainJson(live));
  if (isRunning(status) && same && wanted <= before) return spec;
  const retry = Math.max(wanted, status?.attempt === undefined ? before : before + 1);
  return retry === 0 ? asked : { ...asked, retry };
}

/** Asking for the release that the attempt began from would abort the attempt: that has a word of its own. */
function requireNotStable({ service, candidate }: RolloutSpec, { status }: RolloutResource): void {
  if (!isRunning(status) || status?.stable !== candidate) return;
  const what = `${service} ${candidate} is the stable release of attempt ${status.attempt} (${status.candidate})`;
  throw new Failure('IsStable', what, { hint: `Type: parley rollout abort ${service}` });
}

function requireValid(spec: RolloutSpec): void {
  try {
    parseRollout(newRollout(spec));
  } catch (cause) {
    if (!(cause instanceof RolloutInvalid)) throw cause;
    throw new Failure(cause.code, cause.message, { hint: 'Type: parley help rollout start', exit: 'usage' });
  }
}

/** Fails when the release has all the weight: there is nothing to move. */
export async function requireNotServing(cluster: Cluster, service: string, candidate: string): Promise<void> {
  const weights = (await currentPlan(cluster))[service] ?? {};
  const serving = Object.entries(weights).flatMap(([release, weight]) => (weight > 0 ? [release] : []));
  if (serving.join() !== candidate) return;
  throw new Failure('Serves', `${service} ${candidate} has all the traffic already`, {
    hint: `Type: parley status   (releases and their weights)`,
  });
}

async function write(
  cluster: Cluster,
  spec: RolloutSpec,
  before: RolloutResource | undefined,
): Promise<Started['result']> {
  if (!before) {
    await cluster.create({ ...rolloutName(spec.service), spec }).catch(explainMissingType);
    return 'created';
  }
  const [live, wanted] = [{ spec: plainJson(before.spec) }, { spec: plainJson(spec) }];
  const patch = threeWayPatch(live, wanted, live);
  if (!patch) return 'unchanged';
  await cluster.merge({ ...patch, ...rolloutName(spec.service) });
  return 'configured';
}

/** The answer to a kind that an API server does not know says nothing about kinds. */
function explainMissingType(cause: unknown): never {
  if (!(cause instanceof ClusterFailure) || cause.status !== 404) throw cause;
  throw new Failure('NoRolloutType', 'this cluster does not know the kind Rollout', {
    cause,
    hint: 'Type: parley up --rollouts on',
  });
}
