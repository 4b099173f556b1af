import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isObject, type Json, threeWayPatch } from './three-way.ts';

type Fields = { [field: string]: Json };

/** RFC 7396, section 2. */
function mergePatch(target: Json, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const result: Fields = isObject(target) ? { ...target } : {};
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete result[field];
    else result[field] = mergePatch(result[field] ?? null, value);
  }
  return result;
}

test('nothing to do when the live object says all that is wanted, defaults in lists included', () => {
  const wanted = { spec: { ports: [{ port: 80 }], replicas: 1 } };
  const live = { spec: { ports: [{ port: 80, protocol: 'TCP' }], replicas: 1, paused: false }, status: { ready: 1 } };
  expect(threeWayPatch(wanted, wanted, live)).toBeUndefined();
});

test('what is no longer wanted goes; what others set stays', () => {
  const last = { metadata: { labels: { a: '1', b: '2' } } };
  const wanted = { metadata: { labels: { a: '9' } } };
  const live = { metadata: { labels: { a: '1', b: '2', theirs: 'x' } } };
  expect(threeWayPatch(last, wanted, live)).toEqual({ metadata: { labels: { a: '9', b: null } } });
});

test('a field that someone else removed or changed comes back', () => {
  const wanted = { spec: { replicas: 2, image: 'a' } };
  expect(threeWayPatch(wanted, wanted, { spec: { replicas: 5 } })).toEqual({ spec: { replicas: 2, image: 'a' } });
});

test('lists are replaced as a whole', () => {
  const patch = threeWayPatch({ list: [1, 2] }, { list: [1] }, { list: [1, 2] });
  expect(patch).toEqual({ list: [1] });
});

test('a field that is no longer wanted inside an item of a list goes; a default of the server there is no difference', () => {
  const last = { rules: [{ to: 'a', timeouts: { request: '1s' } }] };
  const wanted = { rules: [{ to: 'a' }] };
  expect(threeWayPatch(last, wanted, { rules: [{ to: 'a', timeouts: { request: '1s' }, weight: 1 }] })).toEqual(wanted);
  expect(threeWayPatch(last, wanted, { rules: [{ to: 'a', weight: 1 }] })).toBeUndefined();
});

const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<Json>('a', 'b', 1, true),
    fc.array(fc.constantFrom<Json>('x', 1), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('p', 'q', 'r'), tie('value'), { maxKeys: 3 }),
  ),
})).value;
const object = fc.dictionary(fc.constantFrom('p', 'q', 'r', 's'), json, { maxKeys: 4 });

test('applying the patch gives an object of which nothing is left to patch', () => {
  fc.assert(
    fc.property(object, object, object, (last, wanted, live) => {
      const patch = threeWayPatch(last, wanted, live);
      const after = patch ? mergePatch(live, patch) : live;
      expect(isObject(after) && threeWayPatch(wanted, wanted, after)).toBeUndefined();
    }),
  );
});
