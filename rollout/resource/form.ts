import { z } from 'zod';
import { fieldPath, type Problem } from './problem.ts';
import type { Schema } from './schema/schema.ts';

/** The schema with every object closed: what it does not name is a mistake of the author. */
function closed(schema: Schema): Schema {
  const { properties, items } = schema;
  return {
    ...schema,
    ...(items ? { items: closed(items) } : {}),
    ...(properties
      ? {
          properties: Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, closed(inner)])),
          additionalProperties: false,
        }
      : {}),
  };
}

type Issue = z.core.$ZodIssue;

/** The part of the schema that a path leads to; undefined below fields that nobody knows. */
const schemaAt = (schema: Schema, path: readonly PropertyKey[]): Schema | undefined =>
  path.reduce<Schema | undefined>(
    (inner, key) => (typeof key === 'number' ? inner?.items : inner?.properties?.[String(key)]),
    schema,
  );

const articles: Readonly<Record<Schema['type'], string>> = {
  object: 'an object',
  array: 'a list',
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
};

const units: Readonly<Record<string, string>> = { string: ' characters', array: ' items' };

/** `must be at most 99`, `must have at least 1 items`. */
const bound = (side: string, limit: unknown, origin: string): string =>
  units[origin] === undefined ? `must be ${side} ${limit}` : `must have ${side} ${limit}${units[origin]}`;

function describe(issue: Issue, schema: Schema | undefined): string {
  const example = schema?.example === undefined ? '' : `; write for example ${schema.example}`;
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined && issue.message.endsWith('undefined')
        ? `must be set${example}`
        : `must be ${articles[schema?.type ?? 'object']}${example}`;
    case 'invalid_format':
      return `has not the form that is wanted${example || `: ${issue.pattern}`}`;
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return bound('at least', issue.minimum, issue.origin);
    case 'too_big':
      return bound('at most', issue.maximum, issue.origin);
    default:
      return issue.message;
  }
}

/** A function that says what is wrong with the form of a value: types, fields that are missing or unknown, patterns and bounds. */
export function formOf(schema: Schema): (value: unknown, at: readonly PropertyKey[]) => Problem[] {
  const form = z.fromJSONSchema(closed(schema) as Parameters<typeof z.fromJSONSchema>[0]);
  return (value, at) => {
    const { error } = form.safeParse(value);
    return (error?.issues ?? []).flatMap((issue): Problem[] => {
      const known = Object.keys(schemaAt(schema, issue.path)?.properties ?? {});
      if (issue.code === 'unrecognized_keys')
        return issue.keys.map((key) => ({
          field: fieldPath([...at, ...issue.path, key]),
          message: `is not a field; fields here are ${known.join(', ')}`,
        }));
      return [{ field: fieldPath([...at, ...issue.path]), message: describe(issue, schemaAt(schema, issue.path)) }];
    });
  };
}
