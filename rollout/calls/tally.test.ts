import { expect, test } from 'vitest';
import { answerOf } from './answer.ts';
import type { PlannedCall } from './planned-call.ts';
import type { CallResult } from './release-call.ts';
import { verdictOf } from './smoke.ts';
import { openTally } from './tally.ts';

const call: PlannedCall = {
  name: 'read',
  protocol: 'http',
  method: 'GET',
  path: '/v1',
  headers: {},
  body: undefined,
  expect: { status: 200 },
};

function answered(status: number, release?: string): CallResult {
  const answer = { kind: 'answered', status, text: '', release } as const;
  const differences = status === 200 ? [] : [`status: 200 wanted, ${status}`];
  return { call, release: '2.0.0', answer, of: answerOf(answer, '2.0.0', 'http'), differences, traceId: 'a' };
}

function candidateAfter(...results: CallResult[]) {
  const tally = openTally();
  for (const result of results) tally.note('candidate', result, 0);
  const { candidate, trouble } = tally.read();
  return { ...candidate, trouble: trouble?.code };
}

test('of a service that names its releases a 404 without a name is the edge, a 503 is what its callers get', () => {
  expect(candidateAfter(answered(200, '2.0.0'), answered(404))).toEqual({
    occasions: 1,
    events: 0,
    trouble: 'NotRouted',
  });
  expect(candidateAfter(answered(404, '2.0.0'), answered(503))).toEqual({
    occasions: 2,
    events: 2,
    trouble: undefined,
  });
});

test('of a service that names none a 404 is its own, once it has answered otherwise', () => {
  expect(candidateAfter(answered(404))).toEqual({ occasions: 0, events: 0, trouble: 'NotRouted' });
  expect(candidateAfter(answered(200), answered(404))).toEqual({ occasions: 2, events: 1, trouble: undefined });
  expect(verdictOf([answered(200), answered(404)]).result).toBe('shut');
  expect(verdictOf([answered(404)]).result).toBe('pending');
});

test('another release is never taken for the candidate', () => {
  expect(candidateAfter(answered(200), answered(200, '1.4.0'))).toMatchObject({ occasions: 1, trouble: 'NotRouted' });
  expect(verdictOf([answered(200), answered(200, '1.4.0')]).result).toBe('pending');
});

test('ten examples are kept between two reads, and each is read once', () => {
  const tally = openTally();
  for (let number = 0; number < 20; number++) tally.note('candidate', answered(500, '2.0.0'), number);
  expect(tally.read()).toMatchObject({ candidate: { occasions: 20, events: 20 }, examples: { length: 10 } });
  expect(tally.read()).toEqual({
    stable: { occasions: 0, events: 0 },
    candidate: { occasions: 0, events: 0 },
    examples: [],
  });
});
