import type { GateResult } from '../core/state.ts';
import { CallError } from './call-error.ts';
import type { PlannedCall } from './planned-call.ts';
import { type CallParts, type CallResult, callRelease, isNameless, titleOf } from './release-call.ts';

/**
 * Every call once, to one release. A wrong answer of that release shuts the gate; what says nothing about it leaves the gate pending.
 * @param release the candidate
 */
export async function smoke(
  parts: CallParts,
  calls: readonly PlannedCall[],
  release: string,
  signal: AbortSignal,
): Promise<GateResult> {
  const stop = new AbortController();
  const every = AbortSignal.any([signal, stop.signal]);
  try {
    return verdictOf(await Promise.all(calls.map((call) => callRelease(parts, call, release, every))));
  } finally {
    stop.abort(new Error('the smoke calls have ended'));
  }
}

/** What a failure that is not the release's doing means for the gate. */
export function gateOf(error: CallError): GateResult {
  const { passing, message, hint } = error;
  return { gate: 'smoke', result: passing ? 'pending' : 'shut', reason: `${message}; ${hint}` };
}

/** The pure part of {@link smoke}. */
export function verdictOf(results: readonly CallResult[]): GateResult {
  const own = results.some(isNameless) ? ['wanted', 'edge'] : ['wanted'];
  const wrong = results.filter(({ of, differences }) => own.includes(of) && differences.length > 0);
  if (wrong.length > 0) {
    const reason = `${wrong.length} of ${calls(results.length)} not answered as expected: ${wrong.map(described).join('; ')}`;
    return { gate: 'smoke', result: 'shut', reason };
  }
  const foreign = results.find(({ of }) => !own.includes(of));
  if (foreign) return gateOf(notRouted(foreign));
  return { gate: 'smoke', result: 'open', reason: `${calls(results.length)} answered as expected` };
}

/** An answer that is not the called release's. */
export function notRouted({ call, release, answer }: CallResult): CallError {
  const said = answer.kind === 'answered' ? answer : undefined;
  const by = said?.release === undefined ? `the edge, it seems (status ${said?.status})` : said.release;
  return new CallError(
    'NotRouted',
    `${titleOf(call)} was to be answered by ${release} and was answered by ${by}: the edge does not lead calls of the rollout to that release yet`,
    'see whether the edge has a route for this path and the release Pods that are ready: kubectl describe httproute,grpcroute',
  );
}

function calls(count: number): string {
  return count === 1 ? '1 call is' : `${count} calls are`;
}

function described({ call, differences, traceId }: CallResult): string {
  return `${titleOf(call)}: ${differences.join(', ')} (trace ${traceId})`;
}
