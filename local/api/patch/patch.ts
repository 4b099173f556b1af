import { StatusError } from '../../store/status.ts';
import type { Stored } from '../../store/types.ts';
import { parseBody } from '../body.ts';
import type { Resource } from '../resource.ts';
import { jsonPatch } from './json-patch.ts';
import { mergeSchemaOf } from './merge-keys.ts';
import { mergePatch } from './merge-patch.ts';
import { strategicMerge } from './strategic-merge.ts';

const builtin = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];

/** The media type of a PATCH; 415 names the types that work for the kind. */
export function patchType(resource: Resource, contentType: string): string {
  const type = (contentType.split(';')[0] ?? '').trim().toLowerCase();
  // Only kinds that the server has the merge keys of; Gateway API, Istio and Linkerd kinds are custom in a real cluster.
  const strategic = !resource.kind.custom && !/\.(istio|linkerd)\.io$|^gateway\./.test(resource.kind.group);
  const accepted = strategic ? builtin : builtin.slice(0, 2);
  if (accepted.includes(type)) return type;
  const hint = type.startsWith('application/apply-patch')
    ? ' (server-side apply is not served: use `kubectl apply` without --server-side)'
    : '';
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}${hint}`;
  throw new StatusError(415, 'UnsupportedMediaType', message);
}

/** Applies a PATCH body of a type that `patchType` returned. */
export function patchObject(resource: Resource, target: Stored, body: Buffer, type: string): unknown {
  const patch = parseBody(body, type);
  if (type === builtin[0]) return jsonPatch(target, patch);
  if (type === builtin[1]) return mergePatch(target, patch);
  return strategicMerge(target, patch, mergeSchemaOf(resource.type));
}
