import fc from 'fast-check';
import { expect, test } from 'vitest';
import { currencies, fromMinor, toMinor } from './money.ts';

test('decimal strings and minor units are the same amount', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n }),
      fc.constantFrom(...currencies),
      (minor, currency) => {
        expect(toMinor(fromMinor(minor, currency), currency)).toBe(minor);
      },
    ),
  );
});

test.each([
  ['10', 'EUR', 1000n],
  ['10.5', 'EUR', 1050n],
  ['0.01', 'EUR', 1n],
  ['-0.01', 'EUR', -1n],
  ['92233720368547758.07', 'USD', 2n ** 63n - 1n],
  ['7', 'JPY', 7n],
] as const)('%s %s', (amount, currency, minor) => {
  expect(toMinor(amount, currency)).toBe(minor);
});

test.each([
  '',
  '.',
  '1.',
  '.5',
  '1e3',
  '0x10',
  '1,5',
  '1.005',
  ' 1',
  '+1',
  '--1',
  'NaN',
  '92233720368547758.08',
  '99999999999999999999',
])('refuses "%s"', (amount) => {
  expect(() => toMinor(amount, 'EUR')).toThrow(expect.objectContaining({ code: 'bad-amount' }));
});
