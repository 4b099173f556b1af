import { expect, test } from 'vitest';
import { parseManifest } from './manifest.ts';

const object = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });

test('documents, empty ones and Lists give their objects in order', () => {
  const list = { apiVersion: 'v1', kind: 'List', items: [object('b'), object('c')] };
  const text = [JSON.stringify(object('a')), '', JSON.stringify(list)].join('\n---\n');
  expect(parseManifest(text, 'stdin').map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c']);
});

test('everything that is wrong is listed at once, with its place', () => {
  const text = ['{kind: ConfigMap}', '{a: [}', JSON.stringify(object('fine'))].join('\n---\n');
  expect(() => parseManifest(text, 'x.yaml')).toThrow(
    /x.yaml cannot be applied:\n.*document 2: [\s\S]*object 1: apiVersion/,
  );
  expect(() => parseManifest('', 'stdin')).toThrow(/there are no objects/);
});
