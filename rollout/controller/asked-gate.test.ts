import { expect, test } from 'vitest';
import { createTestClock, eventually } from '../../local/test-clock.ts';
import type { GateResult } from '../core/state.ts';
import { createAskedGate } from './asked-gate.ts';

const pending: GateResult = { gate: 'evidence', result: 'pending', reason: 'no series of 2.0.0' };

function gateThat(find: () => GateResult) {
  const clock = createTestClock();
  let answers = 0;
  const gate = createAskedGate<string>({
    gate: 'evidence',
    begins: 'asked',
    find: async () => find(),
    clock,
    onAnswer: () => {
      answers += 1;
    },
  });
  const answered = (count: number) =>
    eventually(
      'an answer',
      () => answers >= count,
      () => answers,
    );
  return { gate, clock, answered };
}

test('what is pending is asked again, and open when it is', async () => {
  let result = pending;
  const { gate, clock, answered } = gateThat(() => result);
  expect(gate.ask('a')?.reason).toBe('asked');
  await answered(1);
  expect(gate.ask('a')).toEqual(pending);
  result = { ...pending, result: 'open', reason: 'seen' };
  clock.advance(500);
  expect(gate.ask('a')?.result, 'until the next answer').toBe('pending');
  await answered(2);
  expect(gate.ask('a')?.result).toBe('open');
  expect(gate.ask('another')?.reason, 'another question').toBe('asked');
});

test('what stays pending is shut after a minute, with what is missing', async () => {
  const { gate, clock, answered } = gateThat(() => pending);
  gate.ask('a');
  await answered(1);
  clock.advance(60_000);
  gate.ask('a');
  await answered(2);
  expect(gate.ask('a')).toMatchObject({ result: 'shut', reason: 'no series of 2.0.0; still so after 60 s' });
});

test('a question that fails is asked again, and says why', async () => {
  let find = (): GateResult => {
    throw new Error('connect ECONNREFUSED');
  };
  const { gate, clock, answered } = gateThat(() => find());
  gate.ask('a');
  await answered(1);
  expect(gate.ask('a')).toMatchObject({ result: 'pending', reason: 'connect ECONNREFUSED' });
  find = () => ({ ...pending, result: 'open' });
  clock.advance(500);
  gate.ask('a');
  await answered(2);
  expect(gate.ask('a')?.result).toBe('open');
});

test('nobody is asked for nobody', () => {
  const { gate } = gateThat(() => pending);
  expect(gate.ask(undefined)).toBeUndefined();
});
