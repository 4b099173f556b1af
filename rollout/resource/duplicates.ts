import { fieldPath, type Problem } from './problem.ts';
import type { Schema } from './schema/schema.ts';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Items of lists that are told apart by a field, and share it with one before. */
export function duplicateProblems(schema: Schema, value: unknown, at: readonly PropertyKey[]): Problem[] {
  const { items, properties = {} } = schema;
  if (Array.isArray(value) && items)
    return [
      ...repeated(schema, value, at),
      ...value.flatMap((item, index) => duplicateProblems(items, item, [...at, index])),
    ];
  if (!isObject(value)) return [];
  return Object.entries(properties).flatMap(([name, inner]) => duplicateProblems(inner, value[name], [...at, name]));
}

function repeated(schema: Schema, list: readonly unknown[], at: readonly PropertyKey[]): Problem[] {
  const [key] = schema['x-kubernetes-list-map-keys'] ?? [];
  if (key === undefined) return [];
  const seen = new Set<unknown>();
  return list.flatMap((item, index): Problem[] => {
    const id = isObject(item) ? item[key] : undefined;
    if (id === undefined || !seen.has(id)) {
      seen.add(id);
      return [];
    }
    return [{ field: fieldPath([...at, index]), message: `has the ${key} of an item before it; give it another` }];
  });
}
