import type { JsonObject } from '../../store/json.ts';
import { groupKind, groupOf } from '../../store/kinds.ts';
import { timestamp } from '../../store/object-meta.ts';
import { badRequest } from '../../store/status.ts';
import table from './gen/messages.json' with { type: 'json' };
import { wireFields } from './wire.ts';

const messages: Readonly<Record<string, Readonly<Record<string, string>>>> = table.messages;
const roots: Readonly<Record<string, string>> = table.roots;

const magic = Buffer.from('k8s\0', 'latin1');
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

/** Go writes these when they are zero, where JSON leaves them out: the type has no pointer that tells them apart. */
const zeroIsAbsent = new Set([
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
  'initialDelaySeconds',
  'minReadySeconds',
  'hostPort',
  'nodePort',
  'healthCheckNodePort',
  'generation',
  'observedGeneration',
  'hostNetwork',
  'hostPID',
  'hostIPC',
  'stdin',
  'stdinOnce',
  'tty',
  'readOnly',
  'paused',
  'publishNotReadyAddresses',
  'unschedulable',
]);

const members = (message: string, bytes: Uint8Array): JsonObject => {
  const fields = messages[message] ?? {};
  const object: JsonObject = {};
  for (const { number, value } of wireFields(bytes)) {
    const definition = fields[String(number)];
    if (definition !== undefined) setField(object, definition, value);
  }
  return object;
};

function setField(object: JsonObject, definition: string, wire: bigint | Uint8Array): void {
  const [name = '', type = ''] = definition.split(' ');
  if (type.endsWith('+')) {
    Object.assign(object, wire instanceof Uint8Array ? members(type.slice(0, -1), wire) : {});
  } else if (type.endsWith('{}')) {
    const map = (object[name] ?? {}) as JsonObject;
    object[name] = map;
    if (wire instanceof Uint8Array) Object.assign(map, entry(type.slice(0, -2), wire));
  } else if (type.endsWith('[]')) {
    const list = (object[name] ?? []) as unknown[];
    object[name] = list;
    list.push(single(type.slice(0, -2), wire));
  } else {
    const value = single(type, wire);
    const absent = value === undefined || value === '' || (zeroIsAbsent.has(name) && (value === 0 || value === false));
    if (!absent) object[name] = value;
  }
}

function entry(type: string, bytes: Uint8Array): JsonObject {
  let key = '';
  let value: unknown = type === 'string' || type === 'bytes' ? '' : {};
  for (const field of wireFields(bytes)) {
    if (field.number === 1 && field.value instanceof Uint8Array) key = text(field.value);
    else if (field.number === 2) value = single(type, field.value);
  }
  return { [key]: value };
}

function single(type: string, wire: bigint | Uint8Array): unknown {
  if (typeof wire === 'bigint') return type === 'bool' ? wire !== 0n : Number(BigInt.asIntN(64, wire));
  if (type === 'string') return text(wire);
  if (type === 'bytes') return Buffer.from(wire).toString('base64');
  const special = specials[type];
  return special ? special(wire) : members(type, wire);
}

const numbers = (bytes: Uint8Array): Record<number, bigint | Uint8Array> =>
  Object.fromEntries([...wireFields(bytes)].map(({ number, value }) => [number, value]));

function time(bytes: Uint8Array, micro: boolean): string | undefined {
  const { 1: seconds, 2: nanos = 0n } = numbers(bytes);
  if (typeof seconds !== 'bigint' || typeof nanos !== 'bigint') return undefined;
  const whole = timestamp(Number(BigInt.asIntN(64, seconds)) * 1000);
  return micro ? whole.replace('Z', `.${String(nanos / 1000n).padStart(6, '0')}Z`) : whole;
}

function firstText(bytes: Uint8Array): string {
  const { 1: value } = numbers(bytes);
  return value instanceof Uint8Array ? text(value) : '';
}

function intOrString(bytes: Uint8Array): number | string {
  const { 1: kind = 0n, 2: int = 0n, 3: string } = numbers(bytes);
  if (kind !== 0n) return string instanceof Uint8Array ? text(string) : '';
  return typeof int === 'bigint' ? Number(BigInt.asIntN(64, int)) : 0;
}

/** Types whose JSON is no object. */
const specials: Readonly<Record<string, (bytes: Uint8Array) => unknown>> = {
  'apis.meta.v1.Time': (bytes) => time(bytes, false),
  'apis.meta.v1.MicroTime': (bytes) => time(bytes, true),
  'api.resource.Quantity': firstText,
  'util.intstr.IntOrString': intOrString,
  'apis.meta.v1.FieldsV1': (bytes) => JSON.parse(firstText(bytes) || '{}'),
  'runtime.RawExtension': (bytes) => JSON.parse(firstText(bytes) || '{}'),
};

/**
 * A body of `application/vnd.kubernetes.protobuf` as JSON: the four bytes `k8s\0`, then a runtime.Unknown with the type
 * and the object (https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding). 400 when it is malformed
 * or of a kind that the server does not know in protobuf.
 */
export function decodeProtobuf(body: Uint8Array): JsonObject {
  if (!magic.equals(body.subarray(0, magic.length)))
    throw badRequest('the request body does not start with the protobuf magic `k8s\\0`');
  try {
    const { 1: typeMeta, 2: raw = new Uint8Array() } = numbers(body.subarray(magic.length));
    const { 1: version, 2: name } = typeMeta instanceof Uint8Array ? numbers(typeMeta) : {};
    const apiVersion = version instanceof Uint8Array ? text(version) : '';
    const kind = name instanceof Uint8Array ? text(name) : '';
    const root = kind === 'DeleteOptions' ? roots.DeleteOptions : roots[groupKind(groupOf(apiVersion), kind)];
    if (root === undefined || !(raw instanceof Uint8Array))
      throw badRequest(`${apiVersion} ${kind} cannot be sent in protobuf to this server: send JSON`);
    return { apiVersion, kind, ...members(root, raw) };
  } catch (cause) {
    if (cause instanceof RangeError || cause instanceof SyntaxError)
      throw badRequest(`the request body is no valid protobuf: ${cause.message}`);
    throw cause;
  }
}
