import { isObject, type JsonObject } from '../../store/json.ts';
import { type Kind, versionOf } from '../../store/kinds.ts';
import type { FieldError } from '../../store/status.ts';
import type { ObjectStore, Stored } from '../../store/types.ts';
import { type Definition, definitionType } from '../custom-kinds.ts';

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

/** Fills in defaults on the way; `$ref`, `oneOf` and CEL rules are not looked at. */
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
      ...value.flatMap((item, index) => schemaErrors(items, item, `${path}[${index}]`)),
    ];
  return isObject(value) ? memberErrors(schema, value, path) : scalarErrors(schema, value, path);
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

/** Problems of a custom object by the openAPIV3Schema of its definition; sets the schema's defaults. */
export function customSchemaErrors(kind: Kind, object: Stored, store: Pick<ObjectStore, 'get'>): FieldError[] {
  const definition = store.get<Definition>(definitionType, `${kind.plural}.${kind.group}`);
  const version = definition?.spec.versions.find(({ name }) => name === versionOf(object.apiVersion));
  const schema = version?.schema?.openAPIV3Schema;
  if (!schema) return [];
  const {
    metadata: _checkedByStore,
    status: _serverOwned,
    ...properties
  } = isObject(schema.properties) ? schema.properties : {};
  return schemaErrors({ ...schema, properties }, object, '');
}
