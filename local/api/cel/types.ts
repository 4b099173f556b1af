import { Environment } from '@marcbachmann/cel-js';
import { isObject, type JsonObject } from '../../store/json.ts';

/** Words of the language, which a field cannot be called: https://kubernetes.io/docs/reference/using-api/cel/#escaping */
const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

/** The name under which a rule reads a property; undefined for one that rules cannot read. */
function fieldName(property: string): string | undefined {
  if (reserved.has(property)) return `__${property}__`;
  const escaped = property
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(escaped) ? escaped : undefined;
}

const text = { type: 'string' };
/** What rules see of every object beside its schema. */
const identity: JsonObject = {
  apiVersion: text,
  kind: text,
  metadata: { type: 'object', properties: { name: text, generateName: text } },
};

/** How rules see the values of a schema. */
export interface CelType {
  /** As the language names it: `list<string>`. */
  readonly name: string;
  /** A JSON value as the language has it: whole numbers as int, nulls as if they were absent. */
  convert(value: unknown): unknown;
}

const asIs = (name: string): CelType => ({ name, convert: (value) => value });
const asText = (name: string, convert: (text: string) => unknown): CelType => ({
  name,
  convert: (value) => convert(String(value)),
});

const asDuration = new Environment().registerVariable('text', 'string').parse('duration(text)');
const moment = asText('google.protobuf.Timestamp', (value) => new Date(value));
const formats: Readonly<Record<string, CelType>> = {
  'date-time': moment,
  date: moment,
  duration: asText('google.protobuf.Duration', (value) => asDuration({ text: value })),
  byte: asText('bytes', (value) => new Uint8Array(Buffer.from(value, 'base64'))),
};

const whole = (value: unknown): unknown => (typeof value === 'number' ? BigInt(value) : value);

/** Declares the type of a schema in the environment with everything in it; undefined where rules cannot look. */
export function declare(environment: Environment, schema: JsonObject, name: string, root = false): CelType | undefined {
  if (schema['x-kubernetes-int-or-string'] === true) return { name: 'dyn', convert: whole };
  switch (schema.type) {
    case 'integer':
      return { name: 'int', convert: whole };
    case 'number':
      return asIs('double');
    case 'boolean':
      return asIs('bool');
    case 'string':
      return formats[String(schema.format)] ?? asIs('string');
    case 'array':
      return isObject(schema.items) ? listOf(declare(environment, schema.items, `${name}_item`)) : undefined;
    case 'object':
      return isObject(schema.additionalProperties)
        ? mapOf(declare(environment, schema.additionalProperties, `${name}_value`))
        : objectOf(environment, schema, name, root);
    default:
      return undefined;
  }
}

const listOf = (item: CelType | undefined): CelType | undefined =>
  item && {
    name: `list<${item.name}>`,
    convert: (value) => (Array.isArray(value) ? value.map((each) => item.convert(each)) : value),
  };

const mapOf = (member: CelType | undefined): CelType | undefined =>
  member && {
    name: `map<string, ${member.name}>`,
    convert: (value) =>
      isObject(value)
        ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, member.convert(each)]))
        : value,
  };

interface Field {
  readonly property: string;
  readonly field: string;
  readonly type: CelType;
}

function objectOf(environment: Environment, schema: JsonObject, name: string, root: boolean): CelType {
  const own = isObject(schema.properties) ? schema.properties : {};
  const all = root || schema['x-kubernetes-embedded-resource'] === true ? { ...own, ...identity } : own;
  const fields = Object.entries(all).flatMap(([property, inner]): Field[] => {
    const field = fieldName(property);
    const type = field && isObject(inner) ? declare(environment, inner, `${name}_${field}`) : undefined;
    return field && type ? [{ property, field, type }] : [];
  });
  // The evaluator tells values of different schemas apart by their class.
  const Value = class {};
  const types = Object.fromEntries(fields.map(({ field, type }) => [field, type.name]));
  environment.registerType(name, { ctor: Value, fields: types });
  const members = (value: JsonObject) =>
    fields.flatMap(({ property, field, type }): [string, unknown][] => {
      const member = value[property];
      return member === undefined || member === null ? [] : [[field, type.convert(member)]];
    });
  return {
    name,
    convert: (value) => (isObject(value) ? Object.assign(new Value(), Object.fromEntries(members(value))) : value),
  };
}
