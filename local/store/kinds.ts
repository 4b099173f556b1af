import type { JsonObject } from './json.ts';
import { badRequest } from './status.ts';
import type { GroupKind } from './types.ts';

/** JSON paths of a scale subresource: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#scale-subresource */
export interface ScalePaths {
  readonly specReplicas: string;
  readonly statusReplicas: string;
  readonly labelSelector?: string;
}

/** What the server knows of a kind. Several versions of a kind share one schema; objects are stored as the first. */
export interface Kind {
  readonly group: string;
  readonly versions: readonly [string, ...string[]];
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly hasStatus: boolean;
  readonly scale?: ScalePaths;
  /** How names are checked; `subdomain` where nothing is said (RFC 1123). */
  readonly names: 'subdomain' | 'label' | 'label-1035' | 'path-segment';
  /** True for kinds that CustomResourceDefinition objects brought. */
  readonly custom: boolean;
  /** Structural schemas of a custom kind by version; a version without one takes everything. */
  readonly schemas?: Readonly<Record<string, JsonObject>>;
}

interface Row {
  readonly kind: string;
  readonly plural?: string;
  readonly short?: readonly string[];
  readonly cluster?: true;
  readonly status?: true;
  readonly all?: true;
  readonly categories?: readonly string[];
  readonly scale?: true;
  readonly names?: Kind['names'];
  readonly versions?: readonly [string, ...string[]];
}

const workloadScale: ScalePaths = {
  specReplicas: '.spec.replicas',
  statusReplicas: '.status.replicas',
  labelSelector: '.spec.selector',
};
const gatewayApi = { categories: ['gateway-api'], status: true } as const;
const istio = (group: string) => ({ categories: ['istio-io', group], status: true }) as const;

/** Built-in kinds by `group/version`. */
const table: Readonly<Record<string, readonly Row[]>> = {
  v1: [
    { kind: 'Pod', short: ['po'], status: true, all: true },
    { kind: 'Service', short: ['svc'], status: true, all: true, names: 'label-1035' },
    { kind: 'Endpoints', plural: 'endpoints', short: ['ep'] },
    { kind: 'ConfigMap', short: ['cm'] },
    { kind: 'Secret' },
    { kind: 'ServiceAccount', short: ['sa'] },
    { kind: 'Namespace', short: ['ns'], cluster: true, status: true, names: 'label' },
    { kind: 'Event', short: ['ev'] },
    { kind: 'Node', short: ['no'], cluster: true, status: true },
    { kind: 'PersistentVolumeClaim', short: ['pvc'], status: true },
    { kind: 'PersistentVolume', short: ['pv'], cluster: true, status: true },
  ],
  'apps/v1': [
    { kind: 'Deployment', short: ['deploy'], status: true, all: true, scale: true },
    { kind: 'ReplicaSet', short: ['rs'], status: true, all: true, scale: true },
    { kind: 'StatefulSet', short: ['sts'], status: true, all: true, scale: true },
    { kind: 'ControllerRevision' },
  ],
  'batch/v1': [{ kind: 'Job', status: true, all: true }],
  'discovery.k8s.io/v1': [{ kind: 'EndpointSlice' }],
  'networking.k8s.io/v1': [{ kind: 'NetworkPolicy', plural: 'networkpolicies', short: ['netpol'] }],
  'policy/v1': [{ kind: 'PodDisruptionBudget', short: ['pdb'], status: true }],
  'coordination.k8s.io/v1': [{ kind: 'Lease' }],
  'rbac.authorization.k8s.io/v1': [
    { kind: 'Role', names: 'path-segment' },
    { kind: 'RoleBinding', names: 'path-segment' },
    { kind: 'ClusterRole', cluster: true, names: 'path-segment' },
    { kind: 'ClusterRoleBinding', cluster: true, names: 'path-segment' },
  ],
  'apiextensions.k8s.io/v1': [
    {
      kind: 'CustomResourceDefinition',
      short: ['crd', 'crds'],
      cluster: true,
      status: true,
      categories: ['api-extensions'],
    },
  ],
  'gateway.networking.k8s.io/v1': [
    { kind: 'GatewayClass', plural: 'gatewayclasses', short: ['gc'], cluster: true, ...gatewayApi },
    { kind: 'Gateway', short: ['gtw'], ...gatewayApi },
    { kind: 'HTTPRoute', ...gatewayApi },
    { kind: 'GRPCRoute', ...gatewayApi },
    { kind: 'TCPRoute', ...gatewayApi, versions: ['v1', 'v1alpha2'] },
    { kind: 'ReferenceGrant', short: ['refgrant'], categories: ['gateway-api'], versions: ['v1', 'v1beta1'] },
  ],
  'security.istio.io/v1': [
    { kind: 'PeerAuthentication', short: ['pa'], ...istio('security-istio-io') },
    {
      kind: 'AuthorizationPolicy',
      plural: 'authorizationpolicies',
      short: ['ap'],
      ...istio('security-istio-io'),
    },
    { kind: 'RequestAuthentication', short: ['ra'], ...istio('security-istio-io') },
  ],
  'networking.istio.io/v1': [
    { kind: 'DestinationRule', short: ['dr'], ...istio('networking-istio-io') },
    { kind: 'VirtualService', short: ['vs'], ...istio('networking-istio-io') },
    { kind: 'ServiceEntry', plural: 'serviceentries', short: ['se'], ...istio('networking-istio-io') },
    { kind: 'Sidecar', ...istio('networking-istio-io') },
    { kind: 'Gateway', short: ['gw'], ...istio('networking-istio-io') },
  ],
  'networking.istio.io/v1alpha3': [{ kind: 'EnvoyFilter', ...istio('networking-istio-io') }],
  'telemetry.istio.io/v1': [{ kind: 'Telemetry', plural: 'telemetries', ...istio('telemetry-istio-io') }],
  'policy.linkerd.io/v1beta3': [{ kind: 'Server', short: ['srv'] }],
  'policy.linkerd.io/v1alpha1': [
    { kind: 'AuthorizationPolicy', plural: 'authorizationpolicies', short: ['authzpolicy'] },
    { kind: 'MeshTLSAuthentication', plural: 'meshtlsauthentications', short: ['meshtlsauthn'] },
    { kind: 'NetworkAuthentication', plural: 'networkauthentications', short: ['netauthn', 'networkauthn'] },
  ],
};

function toKind(groupVersion: string, row: Row): Kind {
  const [group, version] = groupVersion.includes('/') ? groupVersion.split('/') : ['', groupVersion];
  const singular = row.kind.toLowerCase();
  return {
    group: group ?? '',
    versions: row.versions ?? [version ?? ''],
    kind: row.kind,
    plural: row.plural ?? `${singular}s`,
    singular,
    shortNames: row.short ?? [],
    categories: row.all ? ['all'] : (row.categories ?? []),
    namespaced: !row.cluster,
    hasStatus: row.status === true,
    ...(row.scale ? { scale: workloadScale } : {}),
    names: row.names ?? 'subdomain',
    custom: false,
  };
}

/** `Pod`, `Deployment.apps`: the key of a kind everywhere in the store. */
export const groupKind = (group: string, kind: string): GroupKind => (group === '' ? kind : `${kind}.${group}`);

/** The API group of an apiVersion: `apps/v1` is `apps`, `v1` is the core group ''. */
export const groupOf = (apiVersion: string): string => {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
};

/** The version of an apiVersion: `apps/v1` and `v1` are both `v1`. */
export const versionOf = (apiVersion: string): string => apiVersion.slice(apiVersion.indexOf('/') + 1);

/** `group/version` as objects carry it. */
export const apiVersionOf = (group: string, version: string): string =>
  group === '' ? version : `${group}/${version}`;

/** Every kind that the server serves now. Custom kinds come and go at run time. */
export interface Kinds {
  all(): readonly Kind[];
  byType(type: GroupKind): Kind | undefined;
  byResource(group: string, version: string, plural: string): Kind | undefined;
  /** Adds or replaces a custom kind; a built-in one of the same name stays and false is returned. */
  add(kind: Kind): boolean;
  remove(type: GroupKind): void;
}

/** Kinds that users may expect from a cluster and that this one refuses, with what to use instead. */
export const refusedKinds: Readonly<Record<GroupKind, string>> = {
  'DaemonSet.apps': 'the embedded cluster has one node: use a Deployment with one replica',
  'CronJob.batch': 'the embedded cluster runs no schedules: create a Job when it is due',
  ReplicationController: 'use a Deployment (apps/v1)',
};

export function createKinds(): Kinds {
  const kinds = new Map<GroupKind, Kind>();
  for (const [groupVersion, rows] of Object.entries(table)) {
    for (const row of rows) kinds.set(groupKind(groupOf(groupVersion), row.kind), toKind(groupVersion, row));
  }
  return {
    all: () => [...kinds.values()],
    byType: (type) => kinds.get(type),
    byResource: (group, version, plural) =>
      [...kinds.values()].find((k) => k.group === group && k.plural === plural && k.versions.includes(version)),
    add: (kind) => {
      const type = groupKind(kind.group, kind.kind);
      if (kinds.get(type)?.custom === false) return false;
      kinds.set(type, kind);
      return true;
    },
    remove: (type) => {
      if (kinds.get(type)?.custom) kinds.delete(type);
    },
  };
}

/** The kind of an object on its way in; a 400 that names apiVersion and kind when it is not served. */
export function requireKind(kinds: Kinds, apiVersion: string, kind: string): Kind {
  const type = groupKind(groupOf(apiVersion), kind);
  const found = kinds.byType(type);
  if (found?.versions.includes(versionOf(apiVersion))) return found;
  const reason = refusedKinds[type] ?? (found ? `served versions: ${found.versions.join(', ')}` : undefined);
  throw badRequest(
    `no matches for kind "${kind}" in version "${apiVersion}"${reason ? `: ${reason}` : ''}; \`kubectl api-resources\` lists what is served`,
  );
}
