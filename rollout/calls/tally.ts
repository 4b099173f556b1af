import type { Example } from '../core/evidence.ts';
import { saysNoRoute } from './answer.ts';
import { type CallError, troubleOf } from './call-error.ts';
import { type CallResult, isNameless, titleOf } from './release-call.ts';
import type { CallTrouble, DrivingReading } from './release-calls.ts';
import { notRouted } from './smoke.ts';

export type Side = 'stable' | 'candidate';

/** What calls to both releases came to since it was read last. */
export interface Tally {
  note(side: Side, result: CallResult, nowMs: number): void;
  /** A call that came to nothing. */
  fail(error: CallError): void;
  read(): DrivingReading;
}

/** Kept between two reads. */
const mostExamples = 10;

export function openTally(): Tally {
  let counts = zero();
  let examples: Example[] = [];
  let trouble: CallTrouble | undefined;
  let namesItself = true;
  return {
    note(side, result, nowMs) {
      namesItself &&= !isNameless(result);
      if (!countsFor(result, namesItself)) {
        trouble = troubleOf(notRouted(result));
        return;
      }
      counts[side].occasions += 1;
      if (result.differences.length === 0) return;
      counts[side].events += 1;
      if (examples.length < mostExamples) examples.push(exampleOf(result, nowMs));
    },
    fail(error) {
      trouble = troubleOf(error);
    },
    read() {
      const reading = { ...counts, examples, ...(trouble ? { trouble } : {}) };
      counts = zero();
      examples = [];
      trouble = undefined;
      return reading;
    },
  };
}

function zero() {
  return { stable: { events: 0, occasions: 0 }, candidate: { events: 0, occasions: 0 } };
}

/**
 * Whether an answer is the called release's doing. What a proxy answers for a release without Pods (503) is, for callers would get it too; that
 * the edge has no route is not. From a service that does not name its release the two cannot be told apart, and the answer counts.
 */
function countsFor({ of, answer }: CallResult, namesItself: boolean): boolean {
  if (of === 'other') return false;
  return of === 'wanted' || !namesItself || !saysNoRoute(answer);
}

function exampleOf({ call, release, differences, traceId }: CallResult, atMs: number): Example {
  return { release, traceId, what: `${titleOf(call)}: ${differences.join(', ')}`, atMs };
}
