import { type MeshName, meshNames } from '../mesh/intent.ts';

const targets = ['embedded', 'kind'] as const;
export type TestTarget = (typeof targets)[number];

/** Where the behaviour suite runs, and under which mesh's objects. */
export interface TestPlace {
  readonly target: TestTarget;
  readonly mesh: MeshName;
}

/** From PARLEY_TEST_TARGET (default embedded) and PARLEY_TEST_MESH (default istio); throws RangeError for other words. */
export function testPlace(env: Readonly<Record<string, string | undefined>> = process.env): TestPlace {
  return {
    target: known('PARLEY_TEST_TARGET', env.PARLEY_TEST_TARGET || 'embedded', targets),
    mesh: known('PARLEY_TEST_MESH', env.PARLEY_TEST_MESH || 'istio', meshNames),
  };
}

function known<T extends string>(variable: string, word: string, words: readonly T[]): T {
  const found = words.find((each) => each === word);
  if (found === undefined) throw new RangeError(`${variable}=${word}: unknown; known: ${words.join(', ')}`);
  return found;
}
