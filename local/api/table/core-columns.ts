import { isObject } from '../../store/json.ts';
import type { Stored } from '../../store/types.ts';
import { selectorText } from '../subresources/scale.ts';
import {
  ageColumn,
  at,
  type Column,
  type ColumnTable,
  createdColumn,
  listAt,
  nameColumn,
  number,
  since,
  text,
  wide,
} from './column.ts';

const size = (name: string, ...paths: string[]): Column => ({
  name,
  type: 'integer',
  cell: (object) => paths.reduce((sum, path) => sum + Object.keys(at(object, path) ?? {}).length, 0),
});

const servicePorts: Column = {
  name: 'Port(s)',
  cell: (object) => {
    const ports = listAt(object, 'spec.ports').map((port) => {
      const node = at(port, 'nodePort') ? `:${at(port, 'nodePort')}` : '';
      return `${at(port, 'port')}${node}/${at(port, 'protocol') ?? 'TCP'}`;
    });
    return ports.join(',') || '<none>';
  },
};

function externalIp(object: Stored): string {
  if (at(object, 'spec.type') === 'ExternalName') return String(at(object, 'spec.externalName'));
  const balancer = listAt(object, 'status.loadBalancer.ingress').map((item) => at(item, 'ip') ?? at(item, 'hostname'));
  const all = [...listAt(object, 'spec.externalIPs'), ...balancer];
  if (all.length > 0) return all.join(',');
  return at(object, 'spec.type') === 'LoadBalancer' ? '<pending>' : '<none>';
}

const selector = (name: string, path: string): Column => ({
  name,
  cell: (object) => {
    const value = at(object, path);
    if (!isObject(value)) return '<none>';
    const labels = 'matchLabels' in value || 'matchExpressions' in value ? value : { matchLabels: value };
    return selectorText(labels) || '<none>';
  },
});

/** First three of a list, then how many more there are. */
const few = (items: readonly unknown[], separator = ','): string => {
  const more = items.length > 3 ? ` + ${items.length - 3} more...` : '';
  return `${items.slice(0, 3).join(separator)}${more}` || '<none>';
};

const endpoints: Column = {
  name: 'Endpoints',
  cell: (object) =>
    few(
      listAt(object, 'subsets').flatMap((subset) =>
        listAt(subset, 'ports').flatMap((port) =>
          listAt(subset, 'addresses').map((address) => `${at(address, 'ip')}:${at(port, 'port')}`),
        ),
      ),
    ),
};

const nodeStatus = (object: Stored): string => {
  const ready = listAt(object, 'status.conditions').find((condition) => at(condition, 'type') === 'Ready');
  if (!ready) return 'Unknown';
  const cordoned = at(object, 'spec.unschedulable') === true ? ',SchedulingDisabled' : '';
  return `${at(ready, 'status') === 'True' ? 'Ready' : 'NotReady'}${cordoned}`;
};

const nodeRoles = (object: Stored): string =>
  Object.keys(object.metadata.labels ?? {})
    .filter((key) => key.startsWith('node-role.kubernetes.io/'))
    .map((key) => key.slice('node-role.kubernetes.io/'.length))
    .join(',') || '<none>';

const nodeAddress = (type: string): Column => ({
  name: `${type === 'InternalIP' ? 'Internal' : 'External'}-IP`,
  wide: true,
  cell: (object) => {
    const found = listAt(object, 'status.addresses').find((address) => at(address, 'type') === type);
    return found ? at(found, 'address') : '<none>';
  },
});

const eventObject = (object: Stored): string =>
  `${String(at(object, 'involvedObject.kind') ?? '').toLowerCase()}/${at(object, 'involvedObject.name') ?? ''}`;

const eventSeen: Column = {
  name: 'Last Seen',
  cell: (object, now) =>
    since(
      at(object, 'series.lastObservedTime') ??
        at(object, 'lastTimestamp') ??
        at(object, 'eventTime') ??
        object.metadata.creationTimestamp,
      now,
    ),
};

const claim = [
  text('Status', 'status.phase'),
  text('Volume', 'spec.volumeName', ''),
  text('Capacity', 'status.capacity.storage', ''),
];
const modes: Column = {
  name: 'Access Modes',
  cell: (object) => listAt(object, 'spec.accessModes').map(shortMode).join(','),
};
const shortMode = (mode: unknown): string =>
  String(mode)
    .replace(/[^A-Z]/g, '')
    .replace(/^ROM$/, 'ROX')
    .replace(/^RWM$/, 'RWX');

/** Columns of the core kinds but Pods, and of what stands near them. */
export const coreColumns = (): ColumnTable => ({
  Service: [
    nameColumn,
    text('Type', 'spec.type', 'ClusterIP'),
    text('Cluster-IP', 'spec.clusterIP'),
    { name: 'External-IP', cell: externalIp },
    servicePorts,
    ageColumn,
    wide(selector('Selector', 'spec.selector')),
  ],
  Endpoints: [nameColumn, endpoints, ageColumn],
  ConfigMap: [nameColumn, size('Data', 'data', 'binaryData'), ageColumn],
  Secret: [nameColumn, text('Type', 'type', 'Opaque'), size('Data', 'data'), ageColumn],
  ServiceAccount: [nameColumn, size('Secrets', 'secrets'), ageColumn],
  Namespace: [nameColumn, text('Status', 'status.phase', 'Active'), ageColumn],
  Node: [
    nameColumn,
    { name: 'Status', cell: nodeStatus },
    { name: 'Roles', cell: nodeRoles },
    ageColumn,
    text('Version', 'status.nodeInfo.kubeletVersion', ''),
    nodeAddress('InternalIP'),
    nodeAddress('ExternalIP'),
    wide(text('OS-Image', 'status.nodeInfo.osImage', '<unknown>')),
    wide(text('Kernel-Version', 'status.nodeInfo.kernelVersion', '<unknown>')),
    wide(text('Container-Runtime', 'status.nodeInfo.containerRuntimeVersion', '<unknown>')),
  ],
  Event: [
    eventSeen,
    text('Type', 'type', ''),
    text('Reason', 'reason', ''),
    { name: 'Object', cell: eventObject },
    wide(text('Subobject', 'involvedObject.fieldPath', '')),
    wide(text('Source', 'source.component', '')),
    text('Message', 'message', ''),
    wide({
      name: 'First Seen',
      cell: (object, now) => since(at(object, 'firstTimestamp') ?? object.metadata.creationTimestamp, now),
    }),
    wide(number('Count', 'count')),
    wide(nameColumn),
  ],
  PersistentVolumeClaim: [
    nameColumn,
    ...claim,
    modes,
    text('StorageClass', 'spec.storageClassName', ''),
    ageColumn,
    wide(text('VolumeMode', 'spec.volumeMode', 'Filesystem')),
  ],
  PersistentVolume: [
    nameColumn,
    text('Capacity', 'spec.capacity.storage', ''),
    modes,
    text('Reclaim Policy', 'spec.persistentVolumeReclaimPolicy', ''),
    text('Status', 'status.phase', ''),
    {
      name: 'Claim',
      cell: (object) =>
        at(object, 'spec.claimRef')
          ? `${at(object, 'spec.claimRef.namespace')}/${at(object, 'spec.claimRef.name')}`
          : '',
    },
    text('StorageClass', 'spec.storageClassName', ''),
    text('Reason', 'status.reason', ''),
    ageColumn,
  ],
  'EndpointSlice.discovery.k8s.io': [
    nameColumn,
    text('AddressType', 'addressType'),
    { name: 'Ports', cell: (object) => few(listAt(object, 'ports').map((port) => at(port, 'port'))) },
    {
      name: 'Endpoints',
      cell: (object) => few(listAt(object, 'endpoints').flatMap((endpoint) => listAt(endpoint, 'addresses'))),
    },
    ageColumn,
  ],
  'NetworkPolicy.networking.k8s.io': [nameColumn, selector('Pod-Selector', 'spec.podSelector'), ageColumn],
  'PodDisruptionBudget.policy': [
    nameColumn,
    text('Min Available', 'spec.minAvailable', 'N/A'),
    text('Max Unavailable', 'spec.maxUnavailable', 'N/A'),
    number('Allowed Disruptions', 'status.disruptionsAllowed'),
    ageColumn,
  ],
  'Lease.coordination.k8s.io': [nameColumn, text('Holder', 'spec.holderIdentity', ''), ageColumn],
  'Role.rbac.authorization.k8s.io': [nameColumn, createdColumn],
  'ClusterRole.rbac.authorization.k8s.io': [nameColumn, createdColumn],
  'RoleBinding.rbac.authorization.k8s.io': [nameColumn, roleColumn(), ageColumn],
  'ClusterRoleBinding.rbac.authorization.k8s.io': [nameColumn, roleColumn(), ageColumn],
  'CustomResourceDefinition.apiextensions.k8s.io': [nameColumn, createdColumn],
});

function roleColumn(): Column {
  return { name: 'Role', cell: (object) => `${at(object, 'roleRef.kind')}/${at(object, 'roleRef.name')}` };
}
