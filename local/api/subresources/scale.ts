import { cloneJson, isObject, type JsonObject } from '../../store/json.ts';
import type { ScalePaths } from '../../store/kinds.ts';
import { subjectOf } from '../../store/object-meta.ts';
import { badRequest, invalid } from '../../store/status.ts';
import type { KubeObject, Stored } from '../../store/types.ts';
import { parseBody, parseObject } from '../body.ts';
import { jsonPatch } from '../patch/json-patch.ts';
import { mergePatch } from '../patch/merge-patch.ts';
import { dryRunOf, type Resource, requireObject, unknownResource } from '../resource.ts';
import { type ApiContext, type Call, json, type Reply } from '../types.ts';

const steps = (path: string): string[] => path.split('.').filter((part) => part !== '');

const at = (object: unknown, path: string): unknown =>
  steps(path).reduce<unknown>((value, step) => (isObject(value) ? value[step] : undefined), object);

function put(object: JsonObject, path: string, value: unknown): void {
  const parts = steps(path);
  let place = object;
  for (const part of parts.slice(0, -1)) {
    const next = isObject(place[part]) ? place[part] : {};
    place[part] = next;
    place = next;
  }
  const last = parts.at(-1);
  if (last !== undefined) place[last] = value;
}

/** A label selector as text: `a=b,c in (d)`. */
export function selectorText(selector: unknown): string {
  if (typeof selector === 'string') return selector;
  if (!isObject(selector)) return '';
  const labels = isObject(selector.matchLabels) ? selector.matchLabels : {};
  const expressions = Array.isArray(selector.matchExpressions) ? selector.matchExpressions : [];
  const equal = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const others = expressions.map(({ key, operator, values }) => {
    if (operator === 'Exists') return key;
    if (operator === 'DoesNotExist') return `!${key}`;
    return `${key} ${String(operator).toLowerCase()} (${(values ?? []).join(',')})`;
  });
  return [...equal, ...others].join(',');
}

/** https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.36/#scale-v1-autoscaling */
function scaleOf(object: Stored, paths: ScalePaths) {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = paths.labelSelector ? selectorText(at(object, paths.labelSelector)) : '';
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: Number(at(object, paths.specReplicas) ?? 0) },
    status: { replicas: Number(at(object, paths.statusReplicas) ?? 0), ...(selector ? { selector } : {}) },
  };
}

async function wanted(call: Call, current: unknown): Promise<unknown> {
  const body = await call.body();
  if (call.method === 'PUT') return parseObject(body, call.contentType);
  const patch = parseBody(body, call.contentType);
  return Array.isArray(patch) ? jsonPatch(current, patch) : mergePatch(current, patch);
}

/** GET, PUT and PATCH of `<resource>/scale`. */
export async function scale(context: ApiContext, call: Call, resource: Resource): Promise<Reply> {
  const paths = resource.kind.scale;
  if (!paths) throw unknownResource();
  if (call.method === 'GET') return json(200, scaleOf(requireObject(context, resource), paths));
  const scaled = await wanted(call, scaleOf(requireObject(context, resource), paths));
  // Read again: the object may have changed while the body arrived.
  const object = requireObject(context, resource);
  if (!isObject(scaled)) throw badRequest('the request body must be a Scale');
  const replicas = at(scaled, 'spec.replicas') ?? 0;
  if (typeof replicas !== 'number' || !Number.isInteger(replicas) || replicas < 0)
    throw invalid(subjectOf(resource.kind), object.metadata.name, [
      { field: 'spec.replicas', type: 'Invalid', value: replicas, detail: 'must be greater than or equal to 0' },
    ]);
  const next: KubeObject = cloneJson(object);
  put(next, paths.specReplicas, replicas);
  const resourceVersion = call.method === 'PUT' ? at(scaled, 'metadata.resourceVersion') : undefined;
  if (typeof resourceVersion === 'string') next.metadata.resourceVersion = resourceVersion;
  return json(200, scaleOf(context.store.update(next, { dryRun: dryRunOf(call.query) }), paths));
}
