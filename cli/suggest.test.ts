import { expect, test } from 'vitest';
import { didYouMean, suggestions } from './suggest.ts';

test('finds the word that was meant: typing slips, swapped letters, beginnings', () => {
  const known = ['up', 'down', 'status', 'split', 'release', 'render'];
  expect(suggestions('statsu', known)).toEqual(['status']);
  expect(suggestions('spilt', known)).toEqual(['split']);
  expect(suggestions('re', known)).toEqual(['release', 'render']);
  expect(suggestions('kubernetes', known)).toEqual([]);
});

test('says nothing when nothing is near', () => {
  expect(didYouMean('xyz', ['accounts'])).toBe('');
  expect(didYouMean('acounts', ['accounts', 'orders'])).toBe(' Did you mean accounts?');
});
