import { badRequest } from '../store/status.ts';

/** What a path of the REST API names (https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris). */
export interface ResourcePath {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespace?: string;
  readonly name?: string;
  /** `status`, `scale`, `log` ...; what follows it is in `rest`. */
  readonly subresource?: string;
  readonly rest?: string;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    if (cause instanceof URIError) throw badRequest(`the path has a malformed escape: ${part}`);
    throw cause;
  }
}

/** Takes `/api/v1/...` and `/apis/<group>/<version>/...` apart; undefined for any other path, 400 for a malformed escape. */
export function parseResourcePath(path: string): ResourcePath | undefined {
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decoded);
  const [root] = parts;
  if (root !== 'api' && root !== 'apis') return undefined;
  const [group, version, ...tail] = root === 'api' ? ['', ...parts.slice(1)] : parts.slice(1);
  if (group === undefined || version === undefined || tail.length === 0) return undefined;
  return resourceIn(group, version, tail);
}

function resourceIn(group: string, version: string, tail: readonly string[]): ResourcePath | undefined {
  const [first, second, third] = tail;
  const inNamespace = first === 'namespaces' && third !== undefined && !['status', 'finalize'].includes(third);
  const [plural, name, subresource, ...rest] = inNamespace ? tail.slice(2) : tail;
  if (plural === undefined) return undefined;
  return {
    group,
    version,
    plural,
    ...(inNamespace && second !== undefined ? { namespace: second } : {}),
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
    ...(rest.length === 0 ? {} : { rest: rest.join('/') }),
  };
}
