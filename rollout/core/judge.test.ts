import { expect, it } from 'vitest';
import type { Check, CheckVerdict } from './check.ts';
import { noCounts } from './counts.ts';
import type { Counts } from './evidence.ts';
import { freshTests, handOn, type JudgeRules, judgeChecks, overall } from './judge.ts';
import { samplePlan } from './sample.ts';
import type { Tests } from './state.ts';

function judged(
  check: Check,
  seen: { stable?: Partial<Counts>; candidate?: Partial<Counts> },
  changes: Partial<JudgeRules> = {},
  before = freshTests,
) {
  const rules = { checks: [check], decision: samplePlan.decision, alone: false, nowMs: 1_000, ...changes };
  const { tests, checks } = judgeChecks(
    before,
    { stable: { ...noCounts, ...seen.stable }, candidate: { ...noCounts, ...seen.candidate } },
    rules,
  );
  const [verdict] = checks;
  if (!verdict) throw new Error('no verdict');
  return { tests, verdict };
}

/** The same again each second: what is clustered needs three of them. */
function judgedFor(
  seconds: number,
  check: Check,
  seen: Parameters<typeof judged>[1],
  changes: Partial<JudgeRules> = {},
  before = freshTests,
) {
  let last = judged(check, seen, changes, before);
  for (let second = 2; second <= seconds; second++)
    last = judged(check, seen, { ...changes, nowMs: second * 1_000 }, last.tests);
  return last;
}

const errors: Check = { name: 'errors', kind: 'errorRate', good: 0.001, bad: 0.05 };
const latency: Check = { name: 'latency', kind: 'latency', quantile: 0.95, ratio: 1.5, bad: 0.2 };
const gaps: Check = { name: 'gaps', kind: 'counter', counter: 'sequence_gaps', good: 0.001, bad: 0.05 };
const lag: Check = { name: 'lag', kind: 'gauge', gauge: 'consumer_lag', limit: 100, forMs: 5_000 };
const took = (fast: number, slow: number): Partial<Counts> => ({
  requests: fast + slow,
  latency: { boundsMs: [10, 25, 50, 100, 250, 500], counts: [0, fast, 0, 0, 0, slow, 0] },
});

it('tells the numbers behind an error rate', () => {
  const { verdict } = judged(errors, { stable: { requests: 720 }, candidate: { requests: 80, failures: 6 } });
  expect(verdict).toMatchObject({
    verdict: 'fail',
    reason: '6 of 80 requests failed, and 0 of 720 of the stable release; 5 % or more is bad',
    value: 0.075,
    limit: 0.05,
    samples: 80,
    stableValue: 0,
    stableSamples: 720,
    decidedAtMs: 1_000,
  });
  expect(verdict.ratio?.log).toBeGreaterThan(verdict.ratio?.failAt ?? Number.NaN);
});

it('says how many good requests are still needed', () => {
  expect(judged(errors, { candidate: { requests: 100 } }).verdict).toMatchObject({
    verdict: 'inconclusive',
    neededToPass: 84,
    reason: '0 of 100 requests failed; 84 more good ones are enough to pass',
  });
});

it('keeps the moment at which the evidence sufficed', () => {
  const first = judged(errors, { candidate: { requests: 184 } });
  expect(judged(errors, { candidate: { requests: 9 } }, { nowMs: 2_000 }, first.tests).verdict.decidedAtMs).toBe(1_000);
});

it('measures the latency limit on the stable release, and says how it was rounded', () => {
  const generous: Check = { ...latency, ratio: 2.5 };
  const { verdict } = judgedFor(4, generous, { stable: took(200, 4), candidate: took(30, 15) });
  expect(verdict).toMatchObject({ verdict: 'fail', limit: 100 });
  expect(verdict.reason).toContain('60 of 180 requests (33.3 %) took longer than 100 ms');
  expect(verdict.reason).toContain(
    'the limit is 250 % of the 24.5 ms of the stable release; 61.3 ms is rounded up to the next bound of the histogram',
  );
  expect(verdict.value).toBeGreaterThan(250);
});

it('needs three seconds to condemn a slow candidate: what stands still for one is no proof', () => {
  const seen = { stable: took(200, 4), candidate: took(30, 15) };
  expect(judgedFor(2, latency, seen).verdict.verdict).toBe('inconclusive');
  expect(judgedFor(4, latency, seen).verdict.verdict).toBe('fail');
});

it('is undecided about latency until the stable release was measured, and then counts what came before', () => {
  const first = judged(latency, { stable: took(99, 0), candidate: took(30, 15) });
  expect(first.verdict).toMatchObject({ verdict: 'inconclusive', reason: expect.stringContaining('99 of 100') });
  expect(judged(latency, { stable: took(1, 0) }, {}, first.tests).verdict.samples).toBe(45);
});

it('judges latency by twice the limit of an earlier stage where the stable release has nothing', () => {
  const before = handOn(judged(latency, { stable: took(200, 4), candidate: took(1, 0) }).tests);
  const alone = { alone: true };
  expect(judgedFor(3, latency, { candidate: took(30, 15) }, alone, before).verdict).toMatchObject({
    verdict: 'fail',
    limit: 100,
  });
  expect(judged(latency, { candidate: took(30, 15) }, alone).verdict).toMatchObject({ verdict: 'inconclusive' });
});

it('does not judge latency beyond the histogram', () => {
  const far: Check = { ...latency, limitMs: 900 };
  expect(judged(far, { stable: took(200, 0), candidate: took(9, 0) }).verdict.reason).toContain('beyond 500 ms');
});

it('takes a stable release that is slow itself as what is good', () => {
  const strict: Check = { ...latency, limitMs: 25 };
  const { tests } = judged(strict, { stable: took(180, 20), candidate: took(9, 1) });
  expect(tests.byCheck.latency).toMatchObject({ limit: { good: 0.1, boundMs: 25 } });
});

it('judges events per occasion, and never what was not read', () => {
  const count = (events: number, occasions: number) => ({ counters: { sequence_gaps: { events, occasions } } });
  expect(judged(gaps, { candidate: { requests: 500 } }).verdict).toMatchObject({
    verdict: 'inconclusive',
    reason: 'sequence_gaps of the candidate was never read',
  });
  expect(judged(gaps, { candidate: count(0, 184) }).verdict).toMatchObject({
    verdict: 'pass',
    reason: '0 sequence_gaps in 184; up to 0.1 % is good',
  });
  expect(judged(gaps, { candidate: count(20, 100) }).verdict).toMatchObject({
    verdict: 'fail',
    reason: expect.stringContaining('no traffic to compare with'),
  });
});

it('lets a gauge be above its limit for a while', () => {
  const value = (lagNow: number) => ({ candidate: { gauges: { consumer_lag: lagNow } } });
  const at = (before: Tests, now: number, nowMs: number): { tests: Tests; verdict: CheckVerdict } =>
    judged(lag, value(now), { nowMs }, before);
  expect(judged(lag, {}).verdict).toMatchObject({ verdict: 'inconclusive', reason: 'consumer_lag was never read' });
  expect(at(freshTests, 100, 0).verdict.verdict).toBe('pass');
  const above = at(freshTests, 101, 0);
  expect(above.verdict.verdict).toBe('inconclusive');
  expect(at(above.tests, 101, 5_000).verdict.verdict).toBe('inconclusive');
  expect(at(above.tests, 150, 5_001).verdict).toMatchObject({ verdict: 'fail', value: 150, limit: 100 });
  const below = at(above.tests, 5, 3_000);
  expect(at(below.tests, 101, 6_000).verdict.verdict).toBe('inconclusive');
});

it('passes when all pass, and fails when one fails', () => {
  const verdict = (name: CheckVerdict['verdict']): CheckVerdict => ({
    name,
    kind: 'gauge',
    verdict: name,
    reason: '',
    samples: 0,
    stableSamples: 0,
  });
  expect(overall([verdict('pass'), verdict('pass')])).toBe('pass');
  expect(overall([verdict('pass'), verdict('inconclusive')])).toBe('inconclusive');
  expect(overall([verdict('inconclusive'), verdict('fail')])).toBe('fail');
});
