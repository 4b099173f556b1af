import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../mesh/objects.ts';
import { resourceTypes } from '../../tests/resource-types.ts';
import { exportFor } from './export.ts';
import { sample, sampleNames } from './sample.ts';
import { type EngineName, engineNames } from './target.ts';

/** Definitions of each engine's own resource types; vitest.config.ts leaves this file out where they are not. */
const variables = {
  flagger: 'PARLEY_TEST_FLAGGER_CRDS',
  argo: 'PARLEY_TEST_ARGO_CRDS',
} as const satisfies Record<EngineName, string>;

const kinds: Readonly<Record<EngineName, readonly string[]>> = {
  flagger: ['Canary', 'MetricTemplate'],
  argo: ['AnalysisTemplate', 'Rollout'],
};

type Fault = readonly [what: string, kind: string, path: readonly string[], value: unknown, said: string];

const faults: Readonly<Record<EngineName, readonly Fault[]>> = {
  flagger: [
    [
      'a misspelt field',
      'Canary',
      ['spec', 'analysis', 'treshold'],
      3,
      '/spec/analysis must NOT have additional properties: treshold',
    ],
    [
      'a misspelt field of a metric',
      'Canary',
      ['spec', 'analysis', 'metrics', '0', 'treshold'],
      3,
      '/metrics/0 must NOT have additional properties: treshold',
    ],
    ['an unknown provider', 'Canary', ['spec', 'provider'], 'gatewayapi', '/spec/provider must be equal to one of'],
    ['a missing query', 'MetricTemplate', ['spec', 'query'], undefined, "/spec must have required property 'query'"],
  ],
  argo: [
    [
      'a misspelt field',
      'Rollout',
      ['spec', 'strategy', 'canary', 'steps', '0', 'setWieght'],
      10,
      '/steps/0 must NOT have additional properties: setWieght',
    ],
    [
      'a weight that is text',
      'Rollout',
      ['spec', 'strategy', 'canary', 'steps', '0', 'setWeight'],
      '10',
      '/steps/0/setWeight must be integer',
    ],
    [
      'a misspelt limit',
      'AnalysisTemplate',
      ['spec', 'metrics', '0', 'failiureLimit'],
      2,
      '/metrics/0 must NOT have additional properties: failiureLimit',
    ],
    [
      'a query that is a list',
      'AnalysisTemplate',
      ['spec', 'metrics', '0', 'provider', 'prometheus', 'query'],
      [],
      '/query must be string',
    ],
  ],
};

describe.each(engineNames)('%s', (engine) => {
  const path = process.env[variables[engine]];
  if (!path) throw new Error(`${variables[engine]} is not set; it names a file or a folder with resource types`);
  const problemsOf = resourceTypes(path);
  const objects = sampleNames.flatMap((name) => {
    const { plan, target } = sample(name);
    return exportFor(engine, plan, target).objects;
  });

  test('every object of every strategy is one that its resource type takes', () => {
    expect([...new Set(objects.map(({ kind }) => kind))].sort()).toEqual(kinds[engine]);
    for (const object of objects) expect(problemsOf(object), `${object.kind} ${object.metadata.name}`).toEqual([]);
  });

  test.each(faults[engine])('seeded fault: %s is found', (_, kind, path, value, said) => {
    const object = objects.find((each) => each.kind === kind);
    if (!object) throw new Error(`there is no ${kind}`);
    const faulty: KubeObject = structuredClone(object);
    put(faulty, path, value);
    expect(problemsOf(faulty).join('\n')).toContain(said);
  });
});

function put(object: object, [first = '', ...rest]: readonly string[], value: unknown): void {
  const inner: unknown = Reflect.get(object, first);
  if (rest.length === 0) Reflect.set(object, first, value);
  else if (typeof inner === 'object' && inner !== null) put(inner, rest, value);
  else throw new Error(`there is no ${first}`);
}
