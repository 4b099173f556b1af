import { isObject, type JsonObject } from '../store/json.ts';
import { apiVersionOf, groupKind, type Kind, versionOf } from '../store/kinds.ts';
import { subjectOf } from '../store/object-meta.ts';
import { badRequest, notFound, StatusError } from '../store/status.ts';
import type { GroupKind, KubeObject, Stored } from '../store/types.ts';
import type { ResourcePath } from './resource-path.ts';
import { decode, type Findings, rootModel } from './schema/model.ts';
import { prune } from './schema/prune.ts';
import type { ApiContext } from './types.ts';

/** A request's resource: its kind, and the place that the path names. */
export interface Resource {
  readonly kind: Kind;
  readonly type: GroupKind;
  readonly apiVersion: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** What the real server says of a path that names nothing it serves. */
export const unknownResource = (): StatusError =>
  new StatusError(404, 'NotFound', 'the server could not find the requested resource', {
    causes: [{ reason: 'UnexpectedServerResponse', message: '404 page not found' }],
  });

/** The kind that a path names; 404 when the group, version or resource is not served. */
export function resourceOf(context: ApiContext, path: ResourcePath): Resource {
  const kind = context.kinds.byResource(path.group, path.version, path.plural);
  if (!kind || (!kind.namespaced && path.namespace !== undefined)) throw unknownResource();
  return {
    kind,
    type: groupKind(kind.group, kind.kind),
    apiVersion: apiVersionOf(path.group, path.version),
    ...(path.namespace === undefined ? {} : { namespace: path.namespace }),
    ...(path.name === undefined ? {} : { name: path.name }),
  };
}

/** The stored object that the path names; 404 when there is none. */
export function requireObject(context: ApiContext, resource: Resource): Stored {
  const { name = '' } = resource;
  const found = context.store.get(resource.type, name, resource.namespace);
  if (!found) throw notFound(subjectOf(resource.kind), name);
  return found;
}

/** The object as the requested version shows it; versions of a kind differ in their apiVersion only. */
export const shownAs = (resource: Resource, object: Stored): Stored =>
  object.apiVersion === resource.apiVersion ? object : { ...object, apiVersion: resource.apiVersion };

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

/** `fieldValidation` of a request; Warn where nothing is said, as in the real server. */
export function fieldValidationOf(query: URLSearchParams): FieldValidation {
  const value = query.get('fieldValidation') ?? '';
  if (value === '') return 'Warn';
  if (value === 'Strict' || value === 'Warn' || value === 'Ignore') return value;
  throw badRequest(`invalid fieldValidation "${value}": use Strict, Warn or Ignore`);
}

/** `dryRun=All` of a request. */
export function dryRunOf(query: URLSearchParams): boolean {
  const values = query.getAll('dryRun');
  const unknown = values.find((value) => value !== 'All' && value !== '');
  if (unknown !== undefined) throw badRequest(`invalid dryRun "${unknown}": All is the only value`);
  return values.includes('All');
}

function checkPlace(resource: Resource, object: JsonObject, metadata: JsonObject): void {
  const { kind } = resource;
  if (object.kind !== kind.kind || object.apiVersion !== resource.apiVersion)
    throw badRequest(
      `the object provided is ${object.apiVersion} ${object.kind}, but the path is for ${resource.apiVersion} ${kind.kind}`,
    );
  if (resource.name !== undefined && metadata.name !== undefined && metadata.name !== resource.name)
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${resource.name})`);
  const { namespace } = metadata;
  if (kind.namespaced && namespace !== undefined && namespace !== '' && namespace !== resource.namespace)
    throw badRequest(
      `the namespace of the provided object does not match the namespace sent on the request: ${namespace}, ${resource.namespace}`,
    );
}

const withoutNulls = (object: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null && value !== undefined));

/** The object with the fields that its kind has, and what was found on the way; of a kind without a schema as it is. */
function known(kind: Kind, type: GroupKind, raw: JsonObject): { object: JsonObject; findings: Findings } {
  const model = rootModel(type);
  if (model) return decode(model, raw);
  const findings: Findings = { unknown: [], mistyped: [] };
  const schema = kind.schemas?.[versionOf(String(raw.apiVersion))];
  const pruned = schema ? prune(schema, raw, '', findings.unknown) : raw;
  return { object: isObject(pruned) ? pruned : raw, findings };
}

export interface Incoming {
  readonly object: KubeObject;
  readonly warnings: readonly string[];
}

/**
 * An object from a client in the place that the path names. Fields that its kind does not have are refused
 * (Strict), dropped with a warning (Warn) or dropped (Ignore); wrong JSON types are always 400.
 */
export function incoming(resource: Resource, body: JsonObject, validation: FieldValidation): Incoming {
  const { kind, type } = resource;
  const raw = { apiVersion: resource.apiVersion, kind: kind.kind, ...withoutNulls(body) };
  const { metadata = {} } = raw as { metadata?: unknown };
  if (!isObject(metadata)) throw badRequest('metadata: must be an object');
  checkPlace(resource, raw, metadata);
  const { object, findings } = known(kind, type, raw);
  const where = `${kind.kind} in version "${versionOf(resource.apiVersion)}" cannot be handled as a ${kind.kind}`;
  const [wrong] = findings.mistyped;
  if (wrong) throw badRequest(`${where}: ${wrong.path}: expected ${wrong.wanted}, got ${wrong.found}`);
  const unknown = findings.unknown.map((path) => `unknown field "${path}"`);
  if (unknown.length > 0 && validation === 'Strict')
    throw badRequest(`${where}: strict decoding error: ${unknown.join(', ')}`);
  const place = {
    ...(kind.namespaced ? { namespace: resource.namespace } : {}),
    ...(resource.name === undefined ? {} : { name: resource.name }),
  };
  const meta = isObject(object.metadata) ? withoutNulls(object.metadata) : {};
  return {
    object: { ...object, apiVersion: resource.apiVersion, kind: kind.kind, metadata: { ...meta, ...place } },
    warnings: validation === 'Warn' ? unknown : [],
  };
}
