import { expect, test } from 'vitest';
import { askedOf } from './ask.ts';
import { notTakenUp } from './phase.ts';
import { newRollout } from './rollouts.ts';
import { analysing, ended, reverting, sampleRollout } from './sample.ts';
import { undoOf } from './undo.ts';

const running = sampleRollout(analysing);
const paused = sampleRollout(analysing, { paused: true });
const promoted = sampleRollout(ended('Promoted'));
const refusal = (message: string | RegExp) =>
  expect.objectContaining({ message: expect.stringMatching(message), hint: expect.stringContaining('parley rollout') });

test('a word is about the attempt that there is', () => {
  expect(askedOf('promote', running)).toEqual({
    patch: { request: { action: 'Promote', attempt: 2 }, paused: null },
    outcome: 'Promoted',
    reply: "rollout 'accounts' promoted",
  });
  expect(askedOf('abort', running)).toMatchObject({
    patch: { request: { action: 'Abort', attempt: 2 } },
    outcome: 'Aborted',
  });
  expect(askedOf('pause', running)).toEqual({ patch: { paused: true }, reply: "rollout 'accounts' paused" });
  expect(askedOf('resume', paused)).toMatchObject({ patch: { paused: null } });
});

test.each(['promote', 'abort', 'pause', 'resume'] as const)('nothing runs that one could %s', (ask) => {
  expect(() => askedOf(ask, promoted)).toThrow(refusal(`cannot ${ask} accounts: no attempt runs`));
});

test('what goes back already goes back', () => {
  expect(() => askedOf('promote', sampleRollout(reverting))).toThrow(refusal('goes back to 1.4.0 already'));
  expect(askedOf('abort', sampleRollout(reverting)).outcome).toBe('Aborted');
});

test('only a pause can be resumed; an undecided attempt waits for another word', () => {
  expect(() => askedOf('resume', running)).toThrow(refusal('nobody paused it'));
  const undecided = { ...running, status: { ...running.status, phase: 'Paused' as const } };
  expect(() => askedOf('resume', undecided)).toThrow(
    expect.objectContaining({ hint: expect.stringContaining('parley rollout promote accounts') }),
  );
});

test('the same candidate again is a higher number, and takes old words back', () => {
  const again = askedOf('retry', sampleRollout(ended('RolledBack'), { retry: 2 }));
  expect(again).toMatchObject({ patch: { retry: 3, request: null, paused: null } });
  expect(() => askedOf('retry', running)).toThrow(refusal('attempt 2 is Analysing'));
  expect(() => askedOf('retry', promoted)).toThrow(refusal('2.0.0 was promoted'));
});

test('undo asks for what was there before the last promotion', () => {
  expect(undoOf(promoted)).toEqual({
    release: '1.4.0',
    attempt: 3,
    patch: {
      candidate: '1.4.0',
      stable: null,
      paused: null,
      request: { action: 'Promote', attempt: 3 },
      gates: { contract: false },
    },
  });
  const refused = sampleRollout(
    ended('Refused', { attempt: 3, candidate: '1.4.0', stable: '2.0.0' }),
    { candidate: '1.4.0' },
    promoted.status,
  );
  expect(undoOf(refused), 'asked for and refused before').toMatchObject({
    attempt: 4,
    patch: { candidate: '1.4.0', retry: 1 },
  });
  expect(() => undoOf(running)).toThrow(refusal('attempt 2 is Analysing'));
  expect(() => undoOf(sampleRollout(ended('RolledBack')))).toThrow(refusal('no attempt in its history was promoted'));
});

test('a controller has taken up an object when it says so of this generation', () => {
  expect(notTakenUp(newRollout({ service: 'accounts', candidate: '2.0.0' }))).toBe('no controller has looked at it');
  expect(notTakenUp(running)).toBeUndefined();
  expect(notTakenUp({ ...running, metadata: { ...running.metadata, generation: 4 } })).toBe(
    'its controller has seen generation 3 of 4',
  );
});
