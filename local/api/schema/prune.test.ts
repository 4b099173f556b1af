import { expect, test } from 'vitest';
import { prune } from './prune.ts';

const text = { type: 'string' };
const spec = {
  type: 'object',
  properties: {
    name: text,
    none: { type: 'string', nullable: true },
    items: { type: 'array', items: { type: 'object', properties: { a: text } } },
    map: { type: 'object', additionalProperties: { type: 'object', properties: { a: text } } },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { known: { type: 'object' } } },
    pod: { type: 'object', 'x-kubernetes-embedded-resource': true, properties: { spec: { type: 'object' } } },
  },
};

test('what the schema does not have is dropped and named, what it preserves is kept', () => {
  const unknown: string[] = [];
  const object = {
    apiVersion: 'a/v1',
    kind: 'A',
    metadata: { name: 'x', anything: 1 },
    spec: {
      name: null,
      none: null,
      colour: 'blue',
      items: [{ a: '1', b: '2' }, { b: '3' }],
      map: { one: { a: '1', b: '2' } },
      free: { deep: { deeper: 1 }, known: { gone: 1 } },
      pod: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: {}, status: {} },
    },
  };
  expect(prune({ type: 'object', properties: { spec } }, object, '', unknown)).toEqual({
    ...object,
    spec: {
      none: null,
      items: [{ a: '1' }, {}],
      map: { one: { a: '1' } },
      free: { deep: { deeper: 1 }, known: {} },
      pod: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: {} },
    },
  });
  expect(unknown).toEqual([
    'spec.colour',
    'spec.items[0].b',
    'spec.items[1].b',
    'spec.map.one.b',
    'spec.free.known.gone',
    'spec.pod.status',
  ]);
});
