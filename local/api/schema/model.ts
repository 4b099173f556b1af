import { isObject, type JsonObject } from '../../store/json.ts';
import type { FieldError } from '../../store/status.ts';
import type { GroupKind } from '../../store/types.ts';
import table from './gen/kinds.json' with { type: 'json' };

type Model = Readonly<Record<string, string>>;
const models: Readonly<Record<string, Model>> = table.models;
const roots: Readonly<Record<string, string>> = table.roots;

/** A type of the table taken apart: `V1Container[]!` is a required list of `V1Container`. */
export interface FieldType {
  readonly of: string;
  readonly shape: 'one' | 'list' | 'map';
  readonly required: boolean;
}

export function fieldType(text: string): FieldType {
  const required = text.endsWith('!');
  const bare = required ? text.slice(0, -1) : text;
  if (bare.endsWith('[]')) return { of: bare.slice(0, -2), shape: 'list', required };
  if (bare.endsWith('{}')) return { of: bare.slice(0, -2), shape: 'map', required };
  return { of: bare, shape: 'one', required };
}

/** The name of the model of a built-in kind; undefined for kinds whose fields the server does not know. */
export const rootModel = (type: GroupKind): string | undefined => roots[type];

export interface Findings {
  /** Paths of fields that the kind does not have, as the real server writes them: `spec.foo`. */
  readonly unknown: string[];
  /** Paths whose value has the wrong JSON type. */
  readonly mistyped: { readonly path: string; readonly found: string; readonly wanted: string }[];
}

const jsonType = (value: unknown): string =>
  Array.isArray(value) ? 'array' : isObject(value) ? 'object' : typeof value;

const scalarTypes: Readonly<Record<string, readonly string[]>> = {
  string: ['string'],
  boolean: ['boolean'],
  integer: ['number'],
  number: ['number'],
  'int-or-string': ['number', 'string'],
  quantity: ['number', 'string'],
};

function scalar(of: string, value: unknown, path: string, findings: Findings): unknown {
  const allowed = scalarTypes[of];
  const found = jsonType(value);
  const whole = of !== 'integer' || Number.isInteger(value);
  if (allowed && !(allowed.includes(found) && whole)) findings.mistyped.push({ path, found, wanted: of });
  return of === 'quantity' && found === 'number' ? String(value) : value;
}

function one(of: string, value: unknown, path: string, findings: Findings): unknown {
  const fields = models[of];
  if (!fields) return scalar(of, value, path, findings);
  if (isObject(value)) return members(fields, value, path, findings);
  findings.mistyped.push({ path, found: jsonType(value), wanted: of.replace(/^(Core|Discovery)?V1/, '') });
  return value;
}

function field(type: FieldType, value: unknown, path: string, findings: Findings): unknown {
  if (type.shape === 'one') return one(type.of, value, path, findings);
  if (type.shape === 'list' && Array.isArray(value))
    return value.map((item, index) => (item === null ? item : one(type.of, item, `${path}[${index}]`, findings)));
  if (type.shape === 'map' && isObject(value)) {
    const entries = Object.entries(value).filter(([, item]) => item !== null);
    return Object.fromEntries(entries.map(([key, item]) => [key, one(type.of, item, `${path}.${key}`, findings)]));
  }
  findings.mistyped.push({ path, found: jsonType(value), wanted: type.shape === 'list' ? 'array' : 'object' });
  return value;
}

function members(fields: Model, object: JsonObject, path: string, findings: Findings): JsonObject {
  const kept: JsonObject = {};
  for (const [key, value] of Object.entries(object)) {
    const at = path === '' ? key : `${path}.${key}`;
    const text = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (text === undefined) findings.unknown.push(at);
    else if (value !== null && value !== undefined) kept[key] = field(fieldType(text), value, at, findings);
  }
  return kept;
}

/** The object with only the fields that its model has, nulls dropped, quantities as strings; and what was found on the way. */
export function decode(
  model: string,
  object: JsonObject,
): { readonly object: JsonObject; readonly findings: Findings } {
  const findings: Findings = { unknown: [], mistyped: [] };
  return { object: members(models[model] ?? {}, object, '', findings), findings };
}

function missing(of: string, value: unknown, path: string): FieldError[] {
  const fields = models[of];
  if (!fields || !isObject(value)) return [];
  return Object.entries(fields).flatMap(([key, text]): FieldError[] => {
    const at = path === '' ? key : `${path}.${key}`;
    const type = fieldType(text);
    const inner = value[key];
    if (inner === undefined || inner === null || (inner === '' && type.required))
      return type.required ? [{ field: at, type: 'Required', detail: 'must be set' }] : [];
    if (type.shape === 'list' && Array.isArray(inner))
      return inner.flatMap((item, index) => missing(type.of, item, `${at}[${index}]`));
    if (type.shape === 'map' && isObject(inner))
      return Object.entries(inner).flatMap(([name, item]) => missing(type.of, item, `${at}.${name}`));
    return missing(type.of, inner, at);
  });
}

/** Required fields that an object of a built-in kind lacks; its status is the server's own and not looked at. */
export function missingFields(type: GroupKind, object: JsonObject): FieldError[] {
  const root = roots[type];
  if (root === undefined) return [];
  const { status: _serverOwned, metadata: _checkedByStore, ...rest } = object;
  return missing(root, rest, '').filter(({ field: path }) => path !== 'metadata' && path !== 'status');
}
