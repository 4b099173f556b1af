import { expect, test } from 'vitest';
import { mergeSchemaOf } from './merge-keys.ts';
import { strategicMerge } from './strategic-merge.ts';

const containers = (...items: unknown[]) => ({ spec: { template: { spec: { containers: items } } } });
const a = { name: 'a', image: 'a:1', env: [{ name: 'X', value: '1' }] };
const b = { name: 'b', image: 'b:1' };

const cases: readonly [title: string, target: unknown, patch: unknown, expected: unknown][] = [
  [
    'maps merge, null removes',
    { spec: { a: 1, b: { c: 1 } } },
    { spec: { a: null, b: { d: 2 } } },
    { spec: { b: { c: 1, d: 2 } } },
  ],
  [
    'list elements merge by their key',
    containers(a, b),
    containers({ name: 'a', image: 'a:2' }),
    containers({ ...a, image: 'a:2' }, b),
  ],
  ['a new element goes to the end', containers(a), containers(b), containers(a, b)],
  [
    '$patch: delete takes an element away',
    containers(a, b),
    containers({ name: 'a', $patch: 'delete' }),
    containers(b),
  ],
  [
    '$patch: replace in an element replaces it',
    containers(a),
    containers({ name: 'a', image: 'x', $patch: 'replace' }),
    containers({ name: 'a', image: 'x' }),
  ],
  [
    '$patch: replace in a list replaces the list',
    containers(a, b),
    containers({ $patch: 'replace' }, b),
    containers(b),
  ],
  ['$patch: replace in a map', { spec: { a: 1, b: 2 } }, { spec: { c: 3, $patch: 'replace' } }, { spec: { c: 3 } }],
  [
    'nested keyed lists',
    containers(a),
    containers({
      name: 'a',
      env: [
        { name: 'Y', value: '2' },
        { name: 'X', $patch: 'delete' },
      ],
    }),
    containers({ ...a, env: [{ name: 'Y', value: '2' }] }),
  ],
  [
    '$setElementOrder orders the result',
    containers(a),
    {
      spec: { template: { spec: { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }], containers: [b] } } },
    },
    containers(b, a),
  ],
  [
    '$retainKeys drops the other members',
    { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } },
    { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } },
    { spec: { strategy: { type: 'Recreate' } } },
  ],
  [
    'lists of scalars with a merge strategy are sets',
    { metadata: { finalizers: ['x'] } },
    { metadata: { finalizers: ['x', 'y'] } },
    { metadata: { finalizers: ['x', 'y'] } },
  ],
  [
    '$deleteFromPrimitiveList',
    { metadata: { finalizers: ['x', 'y'] } },
    { metadata: { '$deleteFromPrimitiveList/finalizers': ['x'] } },
    { metadata: { finalizers: ['y'] } },
  ],
  [
    'other lists are replaced',
    containers({ name: 'a', args: ['1', '2'] }),
    containers({ name: 'a', args: ['3'] }),
    containers({ name: 'a', args: ['3'] }),
  ],
  [
    'directives do not stay in new content',
    {},
    containers({ name: 'a', $patch: 'merge', image: 'x' }),
    containers({ name: 'a', image: 'x' }),
  ],
];

test.each(cases)('%s', (_title, target, patch, expected) => {
  const before = structuredClone(target);
  expect(strategicMerge(target, patch, mergeSchemaOf('Deployment.apps'))).toEqual(expected);
  expect(target).toEqual(before);
});

test('Services merge their ports by port, Pods their volumes by name', () => {
  const ports = (...list: unknown[]) => ({ spec: { ports: list } });
  expect(
    strategicMerge(ports({ port: 80, name: 'a' }), ports({ port: 80, name: 'b' }), mergeSchemaOf('Service')),
  ).toEqual(ports({ port: 80, name: 'b' }));
  const volumes = (...list: unknown[]) => ({ spec: { volumes: list } });
  const merged = strategicMerge(
    volumes({ name: 'v', emptyDir: {} }),
    volumes({ name: 'v', $retainKeys: ['name', 'configMap'], configMap: { name: 'c' } }),
    mergeSchemaOf('Pod'),
  );
  expect(merged).toEqual(volumes({ name: 'v', configMap: { name: 'c' } }));
});

test('what makes no sense is refused by name', () => {
  const schema = mergeSchemaOf('Deployment.apps');
  expect(() => strategicMerge({}, containers({ image: 'x' }), schema)).toThrow(
    /does not contain declared merge key: name/,
  );
  expect(() => strategicMerge({}, { spec: { $patch: 'drop' } }, schema)).toThrow(/unknown \$patch "drop"/);
  expect(() => strategicMerge({}, { '$sort/x': [] }, schema)).toThrow(/unknown directive \$sort\/x/);
  expect(() => strategicMerge({}, [], schema)).toThrow(/must be an object/);
});
