import type { GroupKind } from '../../store/types.ts';

/**
 * How strategic merge treats the fields of built-in kinds: the patchStrategy and patchMergeKey tags of the Kubernetes API
 * types (https://github.com/kubernetes/api). What is not listed merges as a map or replaces as a list.
 */
export interface MergeSchema {
  /** For a list: the field that tells its elements apart; '' = a set of scalars. Absent: the list is replaced. */
  readonly key?: string;
  /** $retainKeys may be used here. */
  readonly fields?: Readonly<Record<string, MergeSchema>>;
}

const keyed = (key: string, fields: Readonly<Record<string, MergeSchema>> = {}): MergeSchema => ({ key, fields });
const map = (fields: Readonly<Record<string, MergeSchema>>): MergeSchema => ({ fields });

const container = {
  env: keyed('name'),
  ports: keyed('containerPort'),
  volumeMounts: keyed('mountPath'),
  volumeDevices: keyed('devicePath'),
};
const podSpec = map({
  containers: keyed('name', container),
  initContainers: keyed('name', container),
  ephemeralContainers: keyed('name', container),
  volumes: keyed('name'),
  imagePullSecrets: keyed('name'),
  hostAliases: keyed('ip'),
  topologySpreadConstraints: keyed('topologyKey'),
  resourceClaims: keyed('name'),
  schedulingGates: keyed('name'),
});
const metadata = map({ finalizers: keyed(''), ownerReferences: keyed('uid') });
const status = map({ conditions: keyed('type') });
const template = map({ metadata, spec: podSpec });
const workload = map({ metadata, spec: map({ template }), status });

const schemas: Readonly<Record<GroupKind, MergeSchema>> = {
  Pod: map({
    metadata,
    spec: podSpec,
    status: map({ conditions: keyed('type'), podIPs: keyed('ip'), hostIPs: keyed('ip') }),
  }),
  Service: map({ metadata, spec: map({ ports: keyed('port') }), status }),
  ServiceAccount: map({ metadata, secrets: keyed('name') }),
  Node: map({
    metadata,
    spec: map({ podCIDRs: keyed('') }),
    status: map({ conditions: keyed('type'), addresses: keyed('type') }),
  }),
  'Deployment.apps': workload,
  'ReplicaSet.apps': workload,
  'StatefulSet.apps': workload,
  'Job.batch': workload,
};

/** The merge schema of a built-in kind; kinds without special lists share the one of metadata and conditions. */
export const mergeSchemaOf = (type: GroupKind): MergeSchema => schemas[type] ?? map({ metadata, status });
