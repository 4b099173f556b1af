import { isObject, type JsonObject } from '../../store/json.ts';
import { subjectOf } from '../../store/object-meta.ts';
import { badRequest, notFound, StatusError } from '../../store/status.ts';
import type { DeleteOptions, Stored } from '../../store/types.ts';
import { parseObject } from '../body.ts';
import { patchObject, patchType } from '../patch/patch.ts';
import { dryRunOf, fieldValidationOf, incoming, type Resource, requireObject, shownAs } from '../resource.ts';
import { requestSelector } from '../selectors.ts';
import { tableOf, wantsTable } from '../table/table.ts';
import { type ApiContext, type Call, json, type Reply } from '../types.ts';

/** Which part of the object a write reaches. */
export type Part = 'object' | 'status';

function answer(
  context: ApiContext,
  call: Call,
  resource: Resource,
  code: number,
  object: Stored,
  warnings: readonly string[] = [],
): Reply {
  const shown = shownAs(resource, object);
  if (!wantsTable(call)) return json(code, shown, warnings);
  const { resourceVersion } = object.metadata;
  return json(code, tableOf(context, resource, [shown], { resourceVersion }, call), warnings);
}

/** POST to a collection. */
export async function create(context: ApiContext, call: Call, resource: Resource): Promise<Reply> {
  const body = parseObject(await call.body(), call.contentType);
  const { object, warnings } = incoming(resource, body, fieldValidationOf(call.query));
  const made = context.store.create(object, { dryRun: dryRunOf(call.query) });
  return answer(context, call, resource, 201, made, warnings);
}

/** PUT of an object or of its status. */
export async function replace(context: ApiContext, call: Call, resource: Resource, part: Part): Promise<Reply> {
  const body = parseObject(await call.body(), call.contentType);
  const { object, warnings } = incoming(resource, body, fieldValidationOf(call.query));
  const options = { dryRun: dryRunOf(call.query) };
  const written =
    part === 'status' ? context.store.updateStatus(object, options) : context.store.update(object, options);
  return answer(context, call, resource, 200, written, warnings);
}

/** PATCH of an object or of its status. */
export async function patch(context: ApiContext, call: Call, resource: Resource, part: Part): Promise<Reply> {
  const type = patchType(resource, call.contentType);
  const bytes = await call.body();
  const old = requireObject(context, resource);
  const patched = patchObject(resource, shownAs(resource, old), bytes, type);
  if (!isObject(patched)) throw badRequest('the patch leaves no object');
  const { object, warnings } = incoming(resource, patched, fieldValidationOf(call.query));
  const options = { dryRun: dryRunOf(call.query) };
  const written =
    part === 'status' ? context.store.updateStatus(object, options) : context.store.update(object, options);
  return answer(context, call, resource, 200, written, warnings);
}

const policies = ['Background', 'Foreground', 'Orphan'] as const;

/** DeleteOptions from the body, else from the query. */
function deleteOptions(call: Call, body: JsonObject): DeleteOptions {
  const { preconditions } = body as { preconditions?: { uid?: string; resourceVersion?: string } };
  const grace = body.gracePeriodSeconds ?? call.query.get('gracePeriodSeconds') ?? undefined;
  const policy = body.propagationPolicy ?? call.query.get('propagationPolicy') ?? undefined;
  const seconds = grace === undefined ? undefined : Number(grace);
  if (seconds !== undefined && !(Number.isInteger(seconds) && seconds >= 0))
    throw badRequest(`gracePeriodSeconds: ${JSON.stringify(grace)} is no whole number of seconds`);
  const known = policies.find((name) => name === policy);
  if (policy !== undefined && known === undefined)
    throw badRequest(`propagationPolicy: "${policy}" is none of ${policies.join(', ')}`);
  return {
    ...(seconds === undefined ? {} : { gracePeriodSeconds: seconds }),
    ...(known ? { propagationPolicy: known } : body.orphanDependents === true ? { propagationPolicy: 'Orphan' } : {}),
    ...(preconditions ? { preconditions } : {}),
    dryRun: dryRunOf(call.query) || (Array.isArray(body.dryRun) && body.dryRun.includes('All')),
  };
}

/** DELETE of one object: the object while something holds it (202 is not used by the real server either), else a Status. */
export async function remove(context: ApiContext, call: Call, resource: Resource): Promise<Reply> {
  const options = deleteOptions(call, parseObject(await call.body(), call.contentType, true));
  const { kind, type, name = '', namespace } = resource;
  const last = context.store.delete(type, name, namespace, options);
  if (!last) throw notFound(subjectOf(kind), name);
  const held = options.dryRun
    ? last.metadata.deletionTimestamp !== undefined
    : context.store.get(type, name, namespace);
  if (held) return json(200, shownAs(resource, last));
  const details = {
    name,
    ...(kind.group === '' ? {} : { group: kind.group }),
    kind: kind.plural,
    uid: last.metadata.uid,
  };
  return json(200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details });
}

/** DELETE of a collection. */
export async function removeAll(context: ApiContext, call: Call, resource: Resource): Promise<Reply> {
  const options = deleteOptions(call, parseObject(await call.body(), call.contentType, true));
  if (resource.kind.namespaced && resource.namespace === undefined)
    throw new StatusError(405, 'MethodNotAllowed', `name a namespace to delete ${resource.kind.plural} in`);
  const { items, resourceVersion } = context.store.list(resource.type, { namespace: resource.namespace });
  const chosen = items.filter(requestSelector(resource.type, call.query));
  for (const { metadata } of chosen) context.store.delete(resource.type, metadata.name, metadata.namespace, options);
  const shown = chosen.map((object) => shownAs(resource, object));
  const { apiVersion, kind } = resource;
  return json(200, { kind: `${kind.kind}List`, apiVersion, metadata: { resourceVersion }, items: shown });
}
