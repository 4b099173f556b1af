import { expect, test } from 'vitest';
import { fullName, isFixedByDigest, isRelease, releaseOf } from './image-name.ts';

test.each([
  ['postgres:18', 'docker.io/library/postgres:18'],
  ['postgres', 'docker.io/library/postgres:latest'],
  ['prom/prometheus:v3.15.0', 'docker.io/prom/prometheus:v3.15.0'],
  ['docker.io/istio/pilot:1.31.1', 'docker.io/istio/pilot:1.31.1'],
  ['localhost/a', 'localhost/a:latest'],
  ['localhost:5000/parley/orders:1', 'localhost:5000/parley/orders:1'],
  ['registry.test:5000/a', 'registry.test:5000/a:latest'],
  ['kindest/node@sha256:07b2', 'docker.io/kindest/node@sha256:07b2'],
])('%s is %s', (name, full) => {
  expect(fullName(name)).toBe(full);
  expect(fullName(full)).toBe(full);
});

test('what is fixed by a digest, and what is a release of ours', () => {
  expect([isFixedByDigest('a:1@sha256:07'), isFixedByDigest('a:1')]).toEqual([true, false]);
  const names = [
    'parley/orders:1.4.0',
    'registry.test/team/parley/orders:1',
    'postgres:18',
    'parleys/orders:1',
    'parley',
  ];
  expect(names.map(isRelease)).toEqual([true, true, false, false, false]);
});

test('a name of a release has two parts', () => {
  expect(releaseOf('parley/orders:2.1.0-errors')).toEqual({ service: 'orders', version: '2.1.0-errors' });
  expect(() => releaseOf('postgres:18')).toThrow('postgres:18 is no image of a release such as parley/accounts:1.4.0');
});
