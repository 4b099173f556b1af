import { expect, test } from 'vitest';
import { describeFailure, Failure } from './failure.ts';

test('what, why, and what to type', () => {
  const cause = new Error('socket closed', {
    cause: Object.assign(new Error('ECONNREFUSED'), { code: 'ECONNREFUSED' }),
  });
  const failure = new Failure('X', 'identity does not answer', { cause, hint: 'Type: parley status' });
  expect(describeFailure(failure)).toBe(
    'parley: identity does not answer\n  because socket closed\n  because ECONNREFUSED\n  Type: parley status\n',
  );
});

test('the hint of an error of another part is shown, once', () => {
  const theirs = Object.assign(new Error('no Envoy; install one'), { hint: 'install one' });
  expect(describeFailure(theirs)).toBe('parley: no Envoy; install one\n');
  expect(
    describeFailure(new Failure('X', 'up failed', { cause: Object.assign(new Error('e'), { hint: 'do it' }) })),
  ).toContain('do it');
});

test('a cause that goes round in a circle ends', () => {
  const error = new Error('a');
  error.cause = error;
  expect(describeFailure(error)).toBe('parley: a\n');
});
