import type { Kind } from '../store/kinds.ts';
import { apiVersionOf } from '../store/kinds.ts';
import { type ApiContext, json, type Reply } from './types.ts';

/** https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.36/#apiresource-v1-meta */
interface ApiResource {
  readonly name: string;
  readonly singularName: string;
  readonly namespaced: boolean;
  readonly kind: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

function resourcesOf(kind: Kind): ApiResource[] {
  const { plural, singular, namespaced, shortNames, categories } = kind;
  const base = { singularName: '', namespaced, kind: kind.kind };
  const optional = { ...(shortNames.length > 0 && { shortNames }), ...(categories.length > 0 && { categories }) };
  const resources: ApiResource[] = [{ ...base, name: plural, singularName: singular, verbs, ...optional }];
  if (kind.hasStatus) resources.push({ ...base, name: `${plural}/status`, verbs: ['get', 'patch', 'update'] });
  if (kind.scale) {
    const scale = { name: `${plural}/scale`, group: 'autoscaling', version: 'v1', kind: 'Scale' };
    resources.push({ ...base, ...scale, verbs: ['get', 'patch', 'update'] });
  }
  if (kind.group === '' && kind.kind === 'Pod') resources.push({ ...base, name: `${plural}/log`, verbs: ['get'] });
  return resources;
}

const review = (name: string, kind: string, namespaced = false): ApiResource => ({
  name,
  singularName: kind.toLowerCase(),
  namespaced,
  kind,
  verbs: ['create'],
});
const metric = (name: string, kind: string, namespaced: boolean): ApiResource => ({
  name,
  singularName: '',
  namespaced,
  kind,
  verbs: ['get', 'list'],
});

/** Resources that are answered, not stored. */
const virtual: Readonly<Record<string, readonly ApiResource[]>> = {
  'authentication.k8s.io/v1': [review('selfsubjectreviews', 'SelfSubjectReview')],
  'authorization.k8s.io/v1': [
    review('selfsubjectaccessreviews', 'SelfSubjectAccessReview'),
    review('selfsubjectrulesreviews', 'SelfSubjectRulesReview'),
  ],
  'metrics.k8s.io/v1beta1': [metric('nodes', 'NodeMetrics', false), metric('pods', 'PodMetrics', true)],
};

/** All resources by `group/version`, in the order of the kinds table. */
function resourcesByVersion(context: ApiContext): Map<string, ApiResource[]> {
  const byVersion = new Map<string, ApiResource[]>();
  for (const kind of context.kinds.all()) {
    for (const version of kind.versions) {
      const groupVersion = apiVersionOf(kind.group, version);
      byVersion.set(groupVersion, [...(byVersion.get(groupVersion) ?? []), ...resourcesOf(kind)]);
    }
  }
  for (const [groupVersion, resources] of Object.entries(virtual)) byVersion.set(groupVersion, [...resources]);
  return byVersion;
}

function groups(context: ApiContext) {
  const versions = new Map<string, { groupVersion: string; version: string }[]>();
  for (const groupVersion of resourcesByVersion(context).keys()) {
    const [group = '', version] = groupVersion.split('/');
    if (version !== undefined) versions.set(group, [...(versions.get(group) ?? []), { groupVersion, version }]);
  }
  return [...versions].map(([name, list]) => ({ name, versions: list, preferredVersion: list[0] }));
}

const serverAddress = [{ clientCIDR: '0.0.0.0/0', serverAddress: '' }];

/** /api, /apis, /api/v1 and /apis/<group>[/<version>]; undefined when the path is none of them. */
export function discovery(context: ApiContext, path: string): Reply | undefined {
  const parts = path.split('/').filter((part) => part !== '');
  const [root, ...rest] = parts;
  if (root === 'api' && rest.length === 0)
    return json(200, { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: serverAddress });
  if (root === 'apis' && rest.length === 0)
    return json(200, { kind: 'APIGroupList', apiVersion: 'v1', groups: groups(context) });
  if (root === 'apis' && rest.length === 1) {
    const group = groups(context).find(({ name }) => name === rest[0]);
    return group && json(200, { kind: 'APIGroup', apiVersion: 'v1', ...group });
  }
  const isVersion = (root === 'api' && rest.length === 1) || (root === 'apis' && rest.length === 2);
  const groupVersion = rest.join('/');
  const resources = isVersion ? resourcesByVersion(context).get(groupVersion) : undefined;
  return resources && json(200, { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources });
}

/** Every `group/version` that is served, for /openapi/v3. */
export const servedVersions = (context: ApiContext): string[] => [...resourcesByVersion(context).keys()];
