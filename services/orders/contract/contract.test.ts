import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { v1, v2 } from '../../portfolio/contract/gen/schemas.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const buf = fileURLToPath(new URL('../../../node_modules/.bin/buf', import.meta.url));

test('buf finds nothing to say', () => {
  expect(execFileSync(buf, ['lint'], { cwd: folder, encoding: 'utf8' })).toBe('');
});

test.each(Object.entries({ v1, v2 }))(
  'the graph of portfolio %s is in step with its schema',
  async (contract, generated) => {
    expect(generated).toBe(
      await readFile(new URL(`../../portfolio/contract/${contract}/schema.graphql`, import.meta.url), 'utf8'),
    );
  },
);
