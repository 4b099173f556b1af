import { expect, test } from 'vitest';
import { jsonPatch } from './json-patch.ts';
import { mergePatch } from './merge-patch.ts';

test.each([
  ['add a member', { a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
  ['add before an element', { l: [1, 3] }, [{ op: 'add', path: '/l/1', value: 2 }], { l: [1, 2, 3] }],
  ['add at the end', { l: [1] }, [{ op: 'add', path: '/l/-', value: 2 }], { l: [1, 2] }],
  ['replace an element', { l: [1, 2] }, [{ op: 'replace', path: '/l/0', value: 9 }], { l: [9, 2] }],
  ['remove', { a: { b: 1, c: 2 } }, [{ op: 'remove', path: '/a/b' }], { a: { c: 2 } }],
  ['move', { a: 1 }, [{ op: 'move', from: '/a', path: '/b' }], { b: 1 }],
  ['copy', { a: { x: 1 } }, [{ op: 'copy', from: '/a', path: '/b' }], { a: { x: 1 }, b: { x: 1 } }],
  ['escapes', { 'a/b': { 'c~d': 1 } }, [{ op: 'replace', path: '/a~1b/c~0d', value: 2 }], { 'a/b': { 'c~d': 2 } }],
  ['test that holds', { a: [1] }, [{ op: 'test', path: '/a', value: [1] }], { a: [1] }],
  ['the whole document', { a: 1 }, [{ op: 'replace', path: '', value: { b: 1 } }], { b: 1 }],
])('JSON patch: %s', (_title, target, patch, expected) => {
  expect(jsonPatch(target, patch)).toEqual(expected);
});

test.each([
  ['a test that fails', [{ op: 'test', path: '/a', value: 2 }], 422],
  ['a missing member', [{ op: 'remove', path: '/x' }], 422],
  ['an index that is out of range', [{ op: 'add', path: '/l/9', value: 1 }], 422],
  ['an unknown op', [{ op: 'set', path: '/a', value: 1 }], 400],
  ['no value', [{ op: 'add', path: '/a' }], 400],
  ['no list', { op: 'add' }, 400],
])('JSON patch refuses %s and changes nothing', (_title, patch, code) => {
  const target = { a: 1, l: [] };
  expect(() => jsonPatch(target, patch)).toThrow(expect.objectContaining({ code }));
  expect(target).toEqual({ a: 1, l: [] });
});

/** https://www.rfc-editor.org/rfc/rfc7386#appendix-A */
test.each([
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'foo' }, null, null],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
])('merge patch: %j with %j', (target, patch, expected) => {
  expect(mergePatch(target, patch)).toEqual(expected);
});
