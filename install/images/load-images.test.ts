import { expect, test } from 'vitest';
import { sortOut } from './load-images.ts';

const release = 'parley/orders:1.4.0-3f9a2c41b7d0';
const inNodes = new Set(['docker.io/library/postgres:18', 'docker.io/kindest/node@sha256:07']);
const inEngine = new Set([`docker.io/${release}`, 'docker.io/library/postgres:18', 'docker.io/library/a@sha256:08']);

test('what the nodes lack and the engine has is loaded, what neither has is left, each name once', () => {
  expect(sortOut([release, 'postgres:18', 'grafana/grafana:12', release], inNodes, inEngine)).toEqual({
    loaded: [release],
    there: ['postgres:18'],
    left: ['grafana/grafana:12'],
  });
});

test('a name with a digest is there or left: what is loaded from an archive has no such name', () => {
  const parts = sortOut(['kindest/node@sha256:07', 'a@sha256:08'], inNodes, inEngine);
  expect(parts).toEqual({ loaded: [], there: ['kindest/node@sha256:07'], left: ['a@sha256:08'] });
});
