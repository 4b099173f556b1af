import { expect, test } from 'vitest';
import { type SpecFlags, specOf } from './spec-of.ts';

const of = (flags: SpecFlags) => specOf('accounts', '2.0.0', flags);

test('what is not said is left to the resource', () => {
  expect(of({})).toEqual({ service: 'accounts', candidate: '2.0.0' });
});

test.each<[SpecFlags, unknown]>([
  [{ strategy: 'canary' }, { canary: { steps: [{ weight: 10 }, { weight: 50 }] } }],
  [{ steps: '5,25, 75' }, { canary: { steps: [{ weight: 5 }, { weight: 25 }, { weight: 75 }] } }],
  [{ strategy: 'blue-green' }, { blueGreen: {} }],
  [{ match: 'x-canary:1' }, { match: { any: [{ headers: [{ name: 'x-canary', value: '1' }] }] } }],
  [{ match: 'x-canary: a b' }, { match: { any: [{ headers: [{ name: 'x-canary', value: 'a b' }] }] } }],
  [{ strategy: 'mirror' }, { mirror: {} }],
  [{ strategy: 'mirror', mirror: '50' }, { mirror: { percent: 50 } }],
  [{ mirror: '50%' }, { mirror: { percent: 50 } }],
])('%j is the strategy %j', (flags, strategy) => {
  expect(of(flags).strategy).toEqual(strategy);
});

test('other shares keep the other checks', () => {
  expect(of({ good: '0.5%', bad: '10%' }).checks).toEqual([
    { name: 'errors', errorRate: { good: '0.5%', bad: '10%' } },
    { name: 'latency', latency: {} },
  ]);
  expect(of({ bad: '10%' }).checks?.[0]).toEqual({ name: 'errors', errorRate: { bad: '10%' } });
});

test('a longest time is of the decision', () => {
  expect(of({ 'max-duration': '5m' }).decision).toEqual({ maxDuration: '5m' });
});

test.each<[SpecFlags, string]>([
  [{ strategy: 'canari' }, 'canari: unknown strategy. Did you mean canary?'],
  [{ steps: '10,x' }, '--steps x: not a number.'],
  [{ steps: '' }, '--steps : not a number.'],
  [{ steps: '10', mirror: '50' }, '--steps and --mirror ask for two strategies.'],
  [{ strategy: 'mirror', steps: '10' }, '--steps is of the strategy canary.'],
  [{ strategy: 'blue-green', match: 'a:b' }, '--match is of the strategy match.'],
  [{ strategy: 'match' }, '--strategy match: --match is missing.'],
  [{ match: 'x-canary' }, '--match x-canary: not a header.'],
  [{ mirror: 'half' }, '--mirror half: not a number.'],
])('%j is refused', (flags, message) => {
  expect(() => of(flags)).toThrow(expect.objectContaining({ message, exit: 'usage', hint: expect.any(String) }));
});
