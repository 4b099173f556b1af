import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dueAt, dueCount, plannedCount } from './schedule.ts';

test('the first request is due at once, the others at equal distances', () => {
  expect([0, 1, 2, 3].map((number) => dueAt(number, 4))).toEqual([0, 250, 500, 750]);
});

test('how many are due counts every moment that has come, itself included', () => {
  expect(dueCount(-1, 10)).toBe(0);
  expect(dueCount(0, 10)).toBe(1);
  expect(dueCount(99.9, 10)).toBe(1);
  expect(dueCount(100, 10)).toBe(2);
  expect(dueCount(1000, 0)).toBe(0);
});

test('a run holds the requests that are due before its end', () => {
  expect(plannedCount(1000, 10)).toBe(10);
  expect(plannedCount(1001, 10)).toBe(11);
  expect(plannedCount(0, 10)).toBe(0);
  expect(plannedCount(400, 200)).toBe(80);
});

test('dueCount and dueAt agree for every rate, rounding included', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 50_000 }),
      fc.double({ min: 0.05, max: 5000, noNaN: true }),
      (number, rps) => {
        expect(dueCount(dueAt(number, rps), rps)).toBe(number + 1);
        expect(plannedCount(dueAt(number, rps), rps)).toBe(number);
      },
    ),
  );
});
