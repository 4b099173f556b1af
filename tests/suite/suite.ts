import { test as plainTest } from 'vitest';
import { testPlace } from '../target.ts';
import { exceptionFor } from './exceptions.ts';

/** A test of the suite. Where exceptions.ts names it, it is reported as left out, with the reason. */
export function test(name: string, body: () => Promise<void>): void {
  const place = testPlace();
  const exception = exceptionFor(name, place);
  plainTest(name, async ({ skip }) => {
    if (!exception) return body();
    process.stdout.write(`left out on ${place.target} with ${place.mesh}: ${name}: ${exception.reason}\n`);
    skip(exception.reason);
  });
}
