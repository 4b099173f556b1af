import type { RulesAt } from '../rule.ts';
import type { Schema, SchemaRule } from './schema.ts';

const celRules = ({ rules }: RulesAt): SchemaRule[] =>
  rules.flatMap(({ cel, message, fieldPath }) =>
    cel === undefined ? [] : [{ rule: cel, message, ...(fieldPath === undefined ? {} : { fieldPath }) }],
  );

/** The schema with the CEL rules of the table at their paths. Throws for a path that the schema does not have. */
export function withRules(schema: Schema, table: readonly RulesAt[]): Schema {
  return table.reduce((whole, entry) => at(whole, segments(entry.path), entry), schema);
}

/** `spec.checks[].body` is `spec`, `checks`, `[]`, `body`. */
const segments = (path: string): string[] => path.match(/\[\]|[^.[\]]+/g) ?? [];

function at(schema: Schema, [first, ...rest]: readonly string[], entry: RulesAt): Schema {
  if (first === undefined) {
    const rules = [...(schema['x-kubernetes-validations'] ?? []), ...celRules(entry)];
    return rules.length === 0 ? schema : { ...schema, 'x-kubernetes-validations': rules };
  }
  const inner = first === '[]' ? schema.items : schema.properties?.[first];
  if (!inner) throw new Error(`rules at ${entry.path}: the schema has no ${first}`);
  const changed = at(inner, rest, entry);
  return first === '[]'
    ? { ...schema, items: changed }
    : { ...schema, properties: { ...schema.properties, [first]: changed } };
}
