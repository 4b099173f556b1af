import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { colorsFor } from './color.ts';

/** Colours of a screen that is compared. */
export const plain = colorsFor({ write: () => true }, { PARLEY_COLOR: 'never' });

/** Compares with the golden file; UPDATE_GOLDENS=1 writes it. */
export function matchesGolden(name: string, screen: string): void {
  const file = join(import.meta.dirname, 'golden', `${name}.golden.txt`);
  if (process.env.UPDATE_GOLDENS === '1') writeFileSync(file, screen);
  expect(screen).toBe(readFileSync(file, 'utf8'));
}
