import { methodNotAllowed, StatusError } from '../store/status.ts';
import { discovery } from './discovery.ts';
import { metrics } from './metrics.ts';
import { openApi } from './openapi.ts';
import { type Resource, requireObject, resourceOf, shownAs, unknownResource } from './resource.ts';
import { parseResourcePath, type ResourcePath } from './resource-path.ts';
import { isAllowed, review } from './reviews.ts';
import { log } from './subresources/log.ts';
import { scale } from './subresources/scale.ts';
import { type ApiContext, type Call, json, type Reply } from './types.ts';
import { getList, getOne } from './verbs/read.ts';
import { watch } from './verbs/watch.ts';
import { create, patch, remove, removeAll, replace } from './verbs/write.ts';

/** Subresources of Pods that this server does not have, with what to use instead. */
const missing: Readonly<Record<string, string>> = {
  exec: 'containers are processes of this machine: see `kubectl logs` and `kubectl describe pod`',
  attach: 'use `kubectl logs -f`',
  portforward: 'the way in is the Gateway: `parley status` lists its URLs',
  proxy: 'the way in is the Gateway: `parley status` lists its URLs',
  ephemeralcontainers: 'containers are processes of this machine: attach a debugger to the process',
  eviction: 'use `kubectl delete pod`',
  binding: 'there is one node and every Pod runs on it',
  resize: 'change the resources in the Pod template of its Deployment',
  token: 'Pods have their identity from the sidecar',
};

const notServed = (path: ResourcePath): StatusError =>
  methodNotAllowed(
    `the embedded cluster does not serve ${path.plural}/${path.subresource}: ${missing[path.subresource ?? '']}`,
  );

const wrongMethod = (): StatusError =>
  methodNotAllowed('the server does not allow this method on the requested resource');

/** Answers one request; throws StatusErrors. */
export async function route(context: ApiContext, call: Call): Promise<Reply> {
  const path = parseResourcePath(call.path);
  if (path) {
    const answer = await review(call, path.group, path.plural);
    if (answer) return answer;
  }
  if (!isAllowed(call.user)) throw forbiddenTo(call);
  const fixed = call.method === 'GET' ? fixedPath(context, call.path) : undefined;
  if (fixed) return fixed;
  if (!path) throw unknownResource();
  if (path.group === 'metrics.k8s.io') return metrics(context, call, path);
  const resource = resourceOf(context, path);
  if (path.subresource !== undefined) return subresource(context, call, path, resource);
  return resource.name === undefined ? collection(context, call, resource) : single(context, call, resource);
}

const forbiddenTo = (call: Call): StatusError =>
  new StatusError(
    403,
    'Forbidden',
    `forbidden: User "${call.user.name}" cannot ${call.method.toLowerCase()} path "${call.path}": only the group system:masters may; use the kubeconfig that \`parley up\` wrote`,
  );

function fixedPath(context: ApiContext, path: string): Reply | undefined {
  if (path === '/version') return json(200, versionOf(context));
  if (['/healthz', '/livez', '/readyz'].includes(path)) return { as: 'bytes', contentType: 'text/plain', body: 'ok' };
  if (path.startsWith('/openapi/')) return openApi(context, path);
  if (path === '/')
    return json(200, { paths: ['/api', '/apis', '/healthz', '/livez', '/openapi/v3', '/readyz', '/version'] });
  return discovery(context, path);
}

function versionOf(context: ApiContext) {
  const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/.exec(context.version) ?? [];
  return {
    major,
    minor,
    gitVersion: context.version,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: '',
    compiler: 'node',
    platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  };
}

function collection(context: ApiContext, call: Call, resource: Resource): Reply | Promise<Reply> {
  const { query } = call;
  const watching = query.get('watch') === 'true' || query.get('watch') === '1';
  switch (call.method) {
    case 'GET':
      return watching ? watch(context, call, resource) : getList(context, call, resource);
    case 'POST':
      if (resource.kind.namespaced && resource.namespace === undefined) throw wrongMethod();
      return create(context, call, resource);
    case 'DELETE':
      return removeAll(context, call, resource);
    default:
      throw wrongMethod();
  }
}

function single(context: ApiContext, call: Call, resource: Resource): Reply | Promise<Reply> {
  if (resource.kind.namespaced && resource.namespace === undefined) throw unknownResource();
  switch (call.method) {
    case 'GET':
      return getOne(context, call, resource);
    case 'PUT':
      return replace(context, call, resource, 'object');
    case 'PATCH':
      return patch(context, call, resource, 'object');
    case 'DELETE':
      return remove(context, call, resource);
    default:
      throw wrongMethod();
  }
}

function subresource(context: ApiContext, call: Call, path: ResourcePath, resource: Resource): Reply | Promise<Reply> {
  const { subresource: name = '' } = path;
  if (name === 'status' && resource.kind.hasStatus) return status(context, call, resource);
  if (name === 'scale') {
    if (!['GET', 'PUT', 'PATCH'].includes(call.method)) throw wrongMethod();
    return scale(context, call, resource);
  }
  if (name === 'log' && resource.type === 'Pod') {
    if (call.method !== 'GET') throw wrongMethod();
    return log(context, call, resource.namespace ?? '', resource.name ?? '');
  }
  if (Object.hasOwn(missing, name)) throw notServed(path);
  throw unknownResource();
}

function status(context: ApiContext, call: Call, resource: Resource): Reply | Promise<Reply> {
  switch (call.method) {
    case 'GET':
      return json(200, shownAs(resource, requireObject(context, resource)));
    case 'PUT':
      return replace(context, call, resource, 'status');
    case 'PATCH':
      return patch(context, call, resource, 'status');
    default:
      throw wrongMethod();
  }
}
