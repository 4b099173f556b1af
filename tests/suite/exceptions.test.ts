import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exceptions } from './exceptions.ts';

const sources = globSync(join(import.meta.dirname, '*.test.ts')).map((file) => readFileSync(file, 'utf8'));

test('every exception names a test of the suite by the name that the source has', () => {
  const unknown = exceptions.filter(({ test: name }) => !sources.some((text) => text.includes(`test('${name}'`)));
  expect(unknown).toEqual([]);
});

test('no exception is there twice, and each has a reason that says more than a word', () => {
  const places = exceptions.map(({ test: name, target, mesh }) => `${target} ${mesh} ${name}`);
  expect(new Set(places).size).toBe(places.length);
  for (const { reason } of exceptions) expect(reason.split(' ').length).toBeGreaterThan(4);
});
