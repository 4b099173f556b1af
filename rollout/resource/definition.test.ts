import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { compileRules } from '../../local/api/cel/compile.ts';
import { rolloutDefinition, rolloutSchema } from './definition.ts';
import { rulesAt } from './rule.ts';
import { rolloutRuleTable } from './rules.ts';
import { withRules } from './schema/rules.ts';
import type { Schema } from './schema/schema.ts';

test('the definition is as it was read last (make golden writes it anew)', async () => {
  await expect(stringify(rolloutDefinition(), { lineWidth: 160 })).toMatchFileSnapshot(
    'golden/rollouts.parley.dev.golden.yaml',
  );
});

/** Every part of a schema with its path. */
function parts(schema: Schema, path: string): [string, Schema][] {
  const { properties = {}, items } = schema;
  return [
    [path, schema],
    ...Object.entries(properties).flatMap(([name, inner]) => parts(inner, `${path}.${name}`)),
    ...(items ? parts(items, `${path}[]`) : []),
  ];
}

const all = parts(rolloutSchema, '').filter(([path]) => path !== '.metadata');

test('every field is explained, and everything that people write has a bound that keeps rules cheap', () => {
  const unexplained = all.filter(([path, { description }]) => !path.endsWith('steps[]') && !description);
  expect(unexplained).toEqual([]);
  const endless = all.filter(
    ([path, { type, maxLength, maxItems, enum: values, pattern }]) =>
      path.startsWith('.spec') &&
      ((type === 'string' && !values && (maxLength === undefined || (pattern === undefined && maxLength > 8192))) ||
        (type === 'array' && maxItems === undefined)),
  );
  expect(endless.map(([path]) => path)).toEqual([]);
});

test('examples have the form that they are examples of', () => {
  for (const [path, { example, pattern }] of all)
    if (example !== undefined) expect(new RegExp(pattern ?? '').test(example), path).toBe(true);
});

test('all rules compile against the types of the schema', () => {
  expect(compileRules({ ...rolloutSchema }, '').errors).toEqual([]);
  const rules = all.flatMap(([, schema]) => schema['x-kubernetes-validations'] ?? []);
  expect(rules).toHaveLength(rolloutRuleTable.flatMap((at) => at.rules.filter(({ cel }) => cel !== undefined)).length);
});

test('seeded faults: a rule that names a field that is not there, and one at a place that is not there', () => {
  const wrong = rulesAt<unknown>('spec', [{ cel: 'has(self.candidat)', message: 'x' }]);
  expect(compileRules({ ...withRules(rolloutSchema, [wrong]) }, '').errors).toMatchObject([
    { detail: 'compilation failed: No such key: candidat' },
  ]);
  expect(() => withRules(rolloutSchema, [rulesAt<unknown>('spec.nowhere', [])])).toThrow(
    'rules at spec.nowhere: the schema has no nowhere',
  );
});
