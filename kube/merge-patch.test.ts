import { expect, test } from 'vitest';
import { mergePatch } from './merge-patch.ts';

test('says what changes, what goes, and writes lists whole', () => {
  const before = { same: 1, goes: 2, map: { same: 1, goes: 1, changes: 1 }, list: [1, 2], equal: [{ a: 1 }] };
  const after = { same: 1, map: { same: 1, changes: 2, comes: 3 }, list: [1, 3], equal: [{ a: 1 }], comes: { x: 1 } };
  expect(mergePatch(before, after)).toEqual({
    goes: null,
    map: { goes: null, changes: 2, comes: 3 },
    list: [1, 3],
    comes: { x: 1 },
  });
  expect(mergePatch(before, before)).toEqual({});
});
