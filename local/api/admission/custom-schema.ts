import { equalJson, isObject, type JsonObject } from '../../store/json.ts';
import type { FieldError } from '../../store/status.ts';

const jsonType = (value: unknown): string => {
  if (Array.isArray(value)) return 'array';
  if (isObject(value)) return 'object';
  return Number.isInteger(value) ? 'integer' : typeof value;
};

function hasType(value: unknown, schema: JsonObject): boolean {
  const { type } = schema;
  const found = jsonType(value);
  if (schema['x-kubernetes-int-or-string'] === true) return found === 'integer' || found === 'string';
  return type === undefined || type === found || (type === 'number' && found === 'integer');
}

function boundErrors(schema: JsonObject, value: unknown, path: string): FieldError[] {
  const bounds: readonly [string, (limit: number) => boolean, string][] = [
    ['minimum', (limit) => typeof value === 'number' && value < limit, 'must be at least'],
    ['maximum', (limit) => typeof value === 'number' && value > limit, 'must be at most'],
    ['minLength', (limit) => typeof value === 'string' && value.length < limit, 'must have a length of at least'],
    ['maxLength', (limit) => typeof value === 'string' && value.length > limit, 'must have a length of at most'],
    ['minItems', (limit) => Array.isArray(value) && value.length < limit, 'must have a number of items of at least'],
    ['maxItems', (limit) => Array.isArray(value) && value.length > limit, 'must have a number of items of at most'],
  ];
  return bounds.flatMap(([name, breaks, text]): FieldError[] => {
    const limit = schema[name];
    if (typeof limit !== 'number' || !breaks(limit)) return [];
    return [{ field: path, type: 'Invalid', value, detail: `${text} ${limit}` }];
  });
}

/** A pattern is RE2 in a real cluster; the few that JavaScript cannot read are named, not passed over. */
function patternErrors(pattern: string, value: string, path: string): FieldError[] {
  try {
    if (new RegExp(pattern).test(value)) return [];
    return [{ field: path, type: 'Invalid', value, detail: `must match ${pattern}` }];
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    const detail = `the pattern ${pattern} of its definition cannot be checked here: ${cause.message}`;
    return [{ field: path, type: 'Invalid', value, detail }];
  }
}

function scalarErrors(schema: JsonObject, value: unknown, path: string): FieldError[] {
  const { enum: allowed, pattern } = schema;
  const errors: FieldError[] = [];
  if (Array.isArray(allowed) && !allowed.includes(value))
    errors.push({
      field: path,
      type: 'NotSupported',
      value,
      detail: `supported values: ${allowed.map((item) => JSON.stringify(item)).join(', ')}`,
    });
  if (typeof pattern === 'string' && typeof value === 'string') errors.push(...patternErrors(pattern, value, path));
  return [...errors, ...boundErrors(schema, value, path)];
}

/** Fills in defaults on the way; `$ref` and `oneOf` are not looked at, CEL rules elsewhere (local/api/cel). */
export function schemaErrors(schema: JsonObject, value: unknown, path: string): FieldError[] {
  if (value === null && schema.nullable === true) return [];
  if (!hasType(value, schema)) {
    const wanted = schema.type ?? 'integer or string';
    return [
      { field: path || '<root>', type: 'Invalid', value, detail: `must be of type ${wanted}, not ${jsonType(value)}` },
    ];
  }
  const { items } = schema;
  if (Array.isArray(value) && isObject(items))
    return [
      ...boundErrors(schema, value, path),
      ...repeatedItems(schema, value, path),
      ...value.flatMap((item, index) => schemaErrors(items, item, `${path}[${index}]`)),
    ];
  return isObject(value) ? memberErrors(schema, value, path) : scalarErrors(schema, value, path);
}

/** Items that a list of type `map` or `set` has twice: https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy */
function repeatedItems(schema: JsonObject, items: readonly unknown[], path: string): FieldError[] {
  const keys = schema['x-kubernetes-list-map-keys'];
  const identity = (item: unknown): unknown =>
    Array.isArray(keys) && isObject(item)
      ? Object.fromEntries(keys.map(String).flatMap((key) => (item[key] === undefined ? [] : [[key, item[key]]])))
      : item;
  const listType = schema['x-kubernetes-list-type'];
  if (listType !== 'map' && listType !== 'set') return [];
  const ids = items.map(identity);
  return ids.flatMap((id, index): FieldError[] =>
    ids.slice(0, index).some((before) => equalJson(before, id))
      ? [{ field: `${path}[${index}]`, type: 'Duplicate', value: id, detail: 'is there twice' }]
      : [],
  );
}

function memberErrors(schema: JsonObject, object: JsonObject, path: string): FieldError[] {
  const properties = isObject(schema.properties) ? schema.properties : {};
  const others = isObject(schema.additionalProperties) ? schema.additionalProperties : undefined;
  const below = (key: string) => (path === '' ? key : `${path}.${key}`);
  for (const [key, inner] of Object.entries(properties))
    if (object[key] === undefined && isObject(inner) && inner.default !== undefined)
      object[key] = structuredClone(inner.default);
  const needed = Array.isArray(schema.required) ? schema.required.map(String) : [];
  const missing = needed.filter((key) => object[key] === undefined);
  return [
    ...missing.map((key): FieldError => ({ field: below(key), type: 'Required', detail: 'must be set' })),
    ...Object.entries(object).flatMap(([key, value]) => {
      const inner = properties[key] ?? others;
      return isObject(inner) && value !== undefined ? schemaErrors(inner, value, below(key)) : [];
    }),
  ];
}
