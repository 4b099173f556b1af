import { Environment } from '@marcbachmann/cel-js';
import { isObject, type JsonObject } from '../../store/json.ts';

/** Words of the language, which a field cannot be called: https://kubernetes.io/docs/reference/using-api/cel/#escaping */
const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

/** The name under which a rule reads a property; undefined for one that rules cannot read. */
export function fieldName(property: string): string | undefined {
  if (reserved.has(property)) return `__${property}__`;
  const escaped = property
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(escaped) ? escaped : undefined;
}

const formats: Readonly<Record<string, string>> = {
  'date-time': 'google.protobuf.Timestamp',
  date: 'google.protobuf.Timestamp',
  duration: 'google.protobuf.Duration',
  byte: 'bytes',
};

const text = { type: 'string' };
/** What rules see of every object beside its schema. */
const identity: JsonObject = {
  apiVersion: text,
  kind: text,
  metadata: { type: 'object', properties: { name: text, generateName: text } },
};

/** Properties that rules can read, with those that the root and embedded objects have by themselves. */
export function readable(schema: JsonObject, root: boolean): [string, JsonObject][] {
  const own = isObject(schema.properties) ? schema.properties : {};
  const all = root || schema['x-kubernetes-embedded-resource'] === true ? { ...own, ...identity } : own;
  return Object.entries(all).flatMap(([name, inner]): [string, JsonObject][] =>
    isObject(inner) ? [[name, inner]] : [],
  );
}

/** The CEL type of a schema, declared in the environment with everything in it; undefined where rules cannot look. */
export function declare(environment: Environment, schema: JsonObject, name: string, root = false): string | undefined {
  if (schema['x-kubernetes-int-or-string'] === true) return 'dyn';
  switch (schema.type) {
    case 'integer':
      return 'int';
    case 'number':
      return 'double';
    case 'boolean':
      return 'bool';
    case 'string':
      return formats[String(schema.format)] ?? 'string';
    case 'array': {
      const item = isObject(schema.items) ? declare(environment, schema.items, `${name}_item`) : undefined;
      return item && `list<${item}>`;
    }
    case 'object':
      return declareObject(environment, schema, name, root);
    default:
      return undefined;
  }
}

function declareObject(environment: Environment, schema: JsonObject, name: string, root: boolean): string | undefined {
  if (isObject(schema.additionalProperties)) {
    const value = declare(environment, schema.additionalProperties, `${name}_value`);
    return value && `map<string, ${value}>`;
  }
  const fields = readable(schema, root).flatMap(([property, inner]): [string, string][] => {
    const field = fieldName(property);
    const type = field && declare(environment, inner, `${name}_${field}`);
    return field && type ? [[field, type]] : [];
  });
  environment.registerType(name, { fields: Object.fromEntries(fields) });
  return name;
}

const asDuration = new Environment().registerVariable('text', 'string').parse('duration(text)');

function textValue(schema: JsonObject, value: string): unknown {
  switch (formats[String(schema.format)]) {
    case 'google.protobuf.Timestamp':
      return new Date(value);
    case 'google.protobuf.Duration':
      return asDuration({ text: value });
    case 'bytes':
      return new Uint8Array(Buffer.from(value, 'base64'));
    default:
      return value;
  }
}

/** A JSON value as rules see it: whole numbers as CEL's int, nulls as if they were absent. */
export function celValue(schema: JsonObject, value: unknown, root = false): unknown {
  if (typeof value === 'string') return textValue(schema, value);
  if (typeof value === 'number') return schema.type === 'number' ? value : BigInt(value);
  if (Array.isArray(value)) {
    const items = isObject(schema.items) ? schema.items : {};
    return value.map((item) => celValue(items, item));
  }
  if (!isObject(value)) return value;
  if (isObject(schema.additionalProperties)) {
    const inner = schema.additionalProperties;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, celValue(inner, item)]));
  }
  const members = readable(schema, root).flatMap(([property, inner]): [string, unknown][] => {
    const field = fieldName(property);
    const member = value[property];
    return field === undefined || member === undefined || member === null ? [] : [[field, celValue(inner, member)]];
  });
  return Object.fromEntries(members);
}
