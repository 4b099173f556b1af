import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../kube/clock.ts';
import { createTestClock, eventually } from '../../local/test-clock.ts';
import { rolloutHeaderValue } from '../../mesh/rollout-header.ts';
import type { CallSpec } from '../resource/rollout.ts';
import { openReleaseCalls, type ReleaseCallsOptions } from './release-calls.ts';
import { candidate, json, readCall, stable, startThings, type TestThings, targetOf, uid } from './test-release.ts';

let things: TestThings;
const never = new AbortController().signal;

beforeEach(async () => {
  things = await startThings();
});
afterEach(() => things.close());

function calls(more: Partial<ReleaseCallsOptions> = {}) {
  return openReleaseCalls({
    edge: { url: things.edge.url },
    readSecret: async () => undefined,
    clock: systemClock,
    ...more,
  });
}

test('every call is made once, to the candidate, in a recorded trace of its own', async () => {
  const posted: CallSpec = {
    ...readCall,
    name: 'post',
    method: 'POST',
    body: '{"a":1}',
    headers: [{ name: 'X-A', value: 'b' }],
  };
  expect(await calls().smoke(targetOf({ requests: [readCall, posted] }), never)).toEqual({
    gate: 'smoke',
    result: 'open',
    reason: '2 calls are answered as expected',
  });
  expect(Object.fromEntries(things.asked)).toEqual({ [candidate]: 2 });
  const header = rolloutHeaderValue(uid, candidate);
  expect(things.edge.seen.map(({ line }) => line).sort()).toEqual([
    `GET /v1/things ${header}`,
    `POST /v1/things ${header}`,
  ]);
  const parents = things.edge.seen.map(({ headers }) => String(headers.traceparent));
  for (const parent of parents) expect(parent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  expect(new Set(parents.map((parent) => parent.slice(3, 35))).size).toBe(2);
  const sent = things.edge.seen.find(({ line }) => line.startsWith('POST'))?.headers;
  expect(sent).toMatchObject({ 'x-a': 'b', 'content-type': 'application/json' });
});

test('an answer that is not as expected shuts the gate, with each difference and its trace', async () => {
  things.answers.set(candidate, json({ ID: '1' }, 201));
  const { result, reason } = await calls().smoke(targetOf(), never);
  const trace = String(things.edge.seen[0]?.headers.traceparent).slice(3, 35);
  expect({ result, reason }).toEqual({
    result: 'shut',
    reason: `1 of 1 call is not answered as expected: GET /v1/things: status: 200 wanted, 201, /id: string wanted, absent (trace ${trace})`,
  });
});

test('a good answer of the stable release is no answer of the candidate', async () => {
  things.edge.releases.clear();
  const { result, reason } = await calls().smoke(targetOf(), never);
  expect(result).toBe('pending');
  expect(reason).toContain(`GET /v1/things was to be answered by ${candidate} and was answered by ${stable}`);
});

test('an edge that has no route yet, or no Pod behind it, leaves the gate pending', async () => {
  things.edge.releases.set(rolloutHeaderValue(uid, candidate), '/nowhere/at/all');
  expect(await calls().smoke(targetOf(), never)).toMatchObject({
    result: 'pending',
    reason: expect.stringContaining('status 503'),
  });
  things.edge.releases.clear();
  things.edge.paths.clear();
  expect(await calls().smoke(targetOf(), never)).toMatchObject({
    result: 'pending',
    reason: expect.stringContaining('status 404'),
  });
});

test('an edge that cannot be reached leaves the gate pending', async () => {
  expect(await calls({ edge: { url: 'http://127.0.0.1:1' } }).smoke(targetOf(), never)).toMatchObject({
    result: 'pending',
    reason: expect.stringMatching(
      /the edge does not answer at http:\/\/127\.0\.0\.1:1: .*ECONNREFUSED.*; see whether it runs: kubectl/,
    ),
  });
});

test('without credentials nothing is sent, and the gate is shut', async () => {
  const target = targetOf({ credentials: { secretName: 'rollout-calls' } });
  expect(await calls().smoke(target, never)).toMatchObject({
    result: 'shut',
    reason: expect.stringContaining('Secret exchange/rollout-calls is not there; make it'),
  });
  expect(things.edge.seen).toEqual([]);
});

test('calls that cannot be made shut the gate', async () => {
  expect(await calls().smoke(targetOf({}, 'tcp'), never)).toMatchObject({
    result: 'shut',
    reason: expect.stringContaining('tcp'),
  });
});

test('a candidate that does not answer in time shuts the gate', async () => {
  things.answers.set(candidate, () => {});
  const clock = createTestClock();
  const answer = calls({ clock, timeoutMs: 700 }).smoke(targetOf(), never);
  await eventually('the candidate is asked', () => things.asked.get(candidate));
  clock.advance(699);
  clock.advance(1);
  expect(await answer).toMatchObject({ result: 'shut', reason: expect.stringContaining('no answer within 700 ms') });
});

test('an answer without end is cut off, and is no JSON', async () => {
  things.answers.set(candidate, (response) => {
    const more = () => {
      while (response.write(Buffer.alloc(65_536, '[')));
    };
    response.on('drain', more);
    more();
  });
  expect(await calls().smoke(targetOf(), never)).toMatchObject({
    result: 'shut',
    reason: expect.stringContaining('body: JSON wanted, "[['),
  });
});

test('the signal ends it with its reason', async () => {
  things.answers.set(candidate, () => {});
  const stop = new AbortController();
  const answer = calls().smoke(targetOf(), stop.signal);
  await eventually('the candidate is asked', () => things.asked.get(candidate));
  stop.abort(new Error('enough'));
  await expect(answer).rejects.toThrow('enough');
});
