import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTestClock, eventually } from '../../local/test-clock.ts';
import type { Example } from '../core/evidence.ts';
import type { CallsSpec } from '../resource/rollout.ts';
import { type Driving, type DrivingReading, openReleaseCalls, type ReleaseCalls } from './release-calls.ts';
import { candidate, json, stable, startThings, type TestThings, targetOf } from './test-release.ts';

let things: TestThings;
let calls: ReleaseCalls;
let clock: ReturnType<typeof createTestClock>;

beforeEach(async () => {
  things = await startThings();
  clock = createTestClock();
  calls = openReleaseCalls({ edge: { url: things.edge.url }, readSecret: async () => undefined, clock });
});
afterEach(async () => {
  await calls.close();
  await things.close();
});

const drive = (spec: Partial<CallsSpec> = {}) => calls.drive(targetOf(spec));

/** Reads until so many answers were counted in all, and sums up. */
async function readUntil(driving: Driving, answers: number): Promise<DrivingReading> {
  const sum = { stable: { events: 0, occasions: 0 }, candidate: { events: 0, occasions: 0 } };
  const examples: Example[] = [];
  let trouble: DrivingReading['trouble'];
  const look = () => {
    const reading = driving.read();
    for (const side of ['stable', 'candidate'] as const) {
      sum[side].events += reading[side].events;
      sum[side].occasions += reading[side].occasions;
    }
    examples.push(...reading.examples);
    trouble = reading.trouble ?? trouble;
    return sum.stable.occasions + sum.candidate.occasions >= answers;
  };
  await eventually(`${answers} answers`, look, () => sum);
  return { ...sum, examples, ...(trouble ? { trouble } : {}) };
}

async function after(driving: Driving, ms: number, answers: number): Promise<DrivingReading> {
  await pass(ms, 50);
  return readUntil(driving, answers);
}

/** Lets time pass in steps, each when the call of the one before has arrived at the edge. */
async function pass(ms: number, stepMs: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    const before = things.edge.seen.length;
    clock.advance(stepMs);
    await eventually('a call', () => things.edge.seen.length > before);
  }
}

test('calls go out at the rate, half of them to each release', async () => {
  const driving = drive({ rate: 20 });
  expect(await after(driving, 1_000, 21)).toEqual({
    stable: { events: 0, occasions: 11 },
    candidate: { events: 0, occasions: 10 },
    examples: [],
  });
  driving.close();
  clock.advance(10_000);
  expect(things.edge.seen).toHaveLength(21);
});

test('wrong answers are events of the release that gave them, with examples that can be looked up', async () => {
  things.answers.set(candidate, json({ wrong: true }));
  const { stable: good, candidate: bad, examples } = await after(drive({ rate: 20 }), 1_000, 21);
  expect(good).toEqual({ events: 0, occasions: 11 });
  expect(bad).toEqual({ events: 10, occasions: 10 });
  expect(examples.length).toBeGreaterThan(0);
  const traces = things.edge.seen.map(({ headers }) => String(headers.traceparent).slice(3, 35));
  for (const { release, what, traceId } of examples) {
    expect({ release, what }).toEqual({ release: candidate, what: 'GET /v1/things: /id: string wanted, absent' });
    expect(traces).toContain(traceId);
  }
});

test('what callers of a release without Pods get is held against it', async () => {
  for (const [value] of things.edge.releases)
    if (value.endsWith(candidate)) things.edge.releases.set(value, '/nowhere');
  expect((await after(drive({ rate: 20 }), 500, 11)).candidate).toEqual({ events: 5, occasions: 5 });
});

test('an answer of another release counts for none, and is said', async () => {
  things.edge.releases.clear();
  const driving = drive({ rate: 20 });
  const reading = await after(driving, 500, 6);
  expect(reading).toMatchObject({
    stable: { events: 0, occasions: 6 },
    candidate: { events: 0, occasions: 0 },
    trouble: { code: 'NotRouted', reason: expect.stringContaining(`was answered by ${stable}`) },
  });
});

test('an edge that is away counts for none, and is said', async () => {
  const away = openReleaseCalls({ edge: { url: 'http://127.0.0.1:1' }, readSecret: async () => undefined, clock });
  const driving = away.drive(targetOf());
  clock.advance(0);
  const trouble = await eventually('trouble', () => driving.read().trouble);
  expect(trouble).toMatchObject({ code: 'EdgeUnreachable', hint: expect.stringContaining('kubectl') });
  expect(driving.read()).toMatchObject({ candidate: { occasions: 0 } });
  await away.close();
});

test('calls that cannot be made say so at every read', () => {
  const driving = calls.drive(targetOf({}, 'tcp'));
  for (let read = 0; read < 2; read++) expect(driving.read().trouble?.code).toBe('CallsInvalid');
  driving.close();
});

test('a release that hangs does not pile up calls, and each that it leaves open is an event', async () => {
  for (const release of [stable, candidate]) things.answers.set(release, () => {});
  const driving = drive({ rate: 100 });
  clock.advance(160);
  await eventually('as many calls as connections', () => things.edge.seen.length === 8);
  clock.advance(4_000);
  clock.advance(1_000);
  expect(await readUntil(driving, 16)).toMatchObject({
    stable: { events: 8, occasions: 8 },
    candidate: { events: 8, occasions: 8 },
  });
});

test('a process that was held up does not make up for it in a burst', async () => {
  let heldUpMs = 0;
  const late = { now: () => clock.now() + heldUpMs, after: clock.after };
  const own = openReleaseCalls({ edge: { url: things.edge.url }, readSecret: async () => undefined, clock: late });
  const driving = own.drive(targetOf({ rate: 10 }));
  clock.advance(0);
  await readUntil(driving, 1);
  heldUpMs = 60_000;
  clock.advance(300);
  await readUntil(driving, 3);
  expect(things.edge.seen).toHaveLength(4);
  await own.close();
});
