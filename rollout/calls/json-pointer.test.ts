import { expect, test } from 'vitest';
import { isJsonPointer, lookUp } from './json-pointer.ts';

/** https://www.rfc-editor.org/rfc/rfc6901#section-5 */
const document = { foo: ['bar', 'baz'], '': 0, 'a/b': 1, 'c%d': 2, ' ': 7, 'm~n': 8, 'e^f': 3 };

test.each([
  ['', document],
  ['/foo', ['bar', 'baz']],
  ['/foo/0', 'bar'],
  ['/', 0],
  ['/a~1b', 1],
  ['/c%d', 2],
  ['/ ', 7],
  ['/m~0n', 8],
  ['/foo/2', undefined],
  ['/foo/00', undefined],
  ['/foo/-', undefined],
  ['/foo/length', undefined],
  ['/toString', undefined],
  ['/__proto__', undefined],
  ['/foo/0/bar', undefined],
])('%j', (pointer, value) => {
  expect(isJsonPointer(pointer)).toBe(true);
  expect(lookUp(document, pointer)).toEqual(value);
});

test('`~01` is `~1`, not `/`', () => {
  expect(lookUp({ '~1': 'yes', '/': 'no' }, '/~01')).toBe('yes');
});

test.each(['foo', '/~', '/~2', '/a~'])('%j is no pointer', (text) => {
  expect(isJsonPointer(text)).toBe(false);
});
