import { isObject, type JsonObject } from '../../store/json.ts';

/** What an object of another kind has by itself, wherever it is embedded. */
const identity = ['apiVersion', 'kind', 'metadata'];

/**
 * A value with the fields that its schema has, and without nulls where the schema takes none; paths of dropped fields go to `unknown`.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning
 */
export function prune(schema: JsonObject, value: unknown, path: string, unknown: string[]): unknown {
  const { items, additionalProperties } = schema;
  if (Array.isArray(value))
    return isObject(items) ? value.map((item, index) => prune(items, item, `${path}[${index}]`, unknown)) : value;
  if (!isObject(value)) return value;
  const kept: JsonObject = {};
  for (const [key, member] of Object.entries(value)) {
    const at = path === '' ? key : `${path}.${key}`;
    const inner = isObject(schema.properties) ? schema.properties[key] : undefined;
    const known = isObject(inner) ? inner : isObject(additionalProperties) ? additionalProperties : undefined;
    if (path === '' && identity.includes(key)) kept[key] = member;
    else if (known) {
      if (member !== null || known.nullable === true) kept[key] = prune(known, member, at, unknown);
    } else if (keepsUnknown(schema, key)) kept[key] = member;
    else unknown.push(at);
  }
  return kept;
}

const keepsUnknown = (schema: JsonObject, key: string): boolean =>
  schema['x-kubernetes-preserve-unknown-fields'] === true ||
  schema.additionalProperties === true ||
  (schema['x-kubernetes-embedded-resource'] === true && identity.includes(key));
