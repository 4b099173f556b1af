import { isObject, type JsonObject } from '../../store/json.ts';
import type { GroupKind, Stored } from '../../store/types.ts';
import { podDefaults, podSpecDefaults, withDefaults } from './pod-defaults.ts';

const objectAt = (value: unknown): JsonObject => (isObject(value) ? value : {});

/** Changes the object that it gets; `old` is the stored one on an update. */
type Defaults = (object: Stored, old: Stored | undefined) => void;

function template(spec: JsonObject, restartPolicy?: string): void {
  const pod = objectAt(spec.template);
  if (isObject(pod.spec)) podSpecDefaults(restartPolicy ? withDefaults(pod.spec, { restartPolicy }) : pod.spec);
}

const specOf = (object: Stored): JsonObject => {
  const spec = objectAt(object.spec);
  if (object.spec !== undefined) object.spec = spec;
  return spec;
};

const deployment: Defaults = (object) => {
  const spec = withDefaults(specOf(object), { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 });
  const strategy = withDefaults(objectAt(spec.strategy), { type: 'RollingUpdate' });
  spec.strategy = strategy;
  if (strategy.type === 'RollingUpdate')
    strategy.rollingUpdate = withDefaults(objectAt(strategy.rollingUpdate), { maxUnavailable: '25%', maxSurge: '25%' });
  template(spec);
};

const replicaSet: Defaults = (object) => template(withDefaults(specOf(object), { replicas: 1 }));

const statefulSet: Defaults = (object) => {
  const spec = withDefaults(specOf(object), {
    replicas: 1,
    revisionHistoryLimit: 10,
    podManagementPolicy: 'OrderedReady',
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
  });
  const update = withDefaults(objectAt(spec.updateStrategy), { type: 'RollingUpdate' });
  spec.updateStrategy = update;
  if (update.type === 'RollingUpdate')
    update.rollingUpdate = withDefaults(objectAt(update.rollingUpdate), { partition: 0 });
  template(spec);
};

/** A Job selects its Pods by its own uid: https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-selector */
const job: Defaults = (object, old) => {
  const spec = withDefaults(specOf(object), {
    backoffLimit: 6,
    completionMode: 'NonIndexed',
    suspend: false,
    podReplacementPolicy: 'TerminatingOrFailed',
    manualSelector: false,
  });
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  withDefaults(spec, { parallelism: 1 });
  template(spec);
  if (spec.manualSelector === true) return;
  const uid = old?.metadata.uid ?? object.metadata.uid;
  const pod = objectAt(spec.template);
  const metadata = objectAt(pod.metadata);
  const own = { 'batch.kubernetes.io/controller-uid': uid, 'batch.kubernetes.io/job-name': object.metadata.name };
  const former = { 'controller-uid': uid, 'job-name': object.metadata.name };
  metadata.labels = { ...objectAt(metadata.labels), ...own, ...former };
  if (isObject(spec.template)) spec.template = { ...pod, metadata };
  spec.selector ??= { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } };
};

const service: Defaults = (object, old) => {
  const spec = withDefaults(specOf(object), { type: 'ClusterIP', sessionAffinity: 'None' });
  if (Array.isArray(spec.ports))
    for (const port of spec.ports.filter(isObject)) withDefaults(port, { protocol: 'TCP', targetPort: port.port });
  if (spec.type === 'ExternalName') return;
  withDefaults(spec, { internalTrafficPolicy: 'Cluster', ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' });
  const before = objectAt(old?.spec);
  // A client that replaces a Service need not repeat the address that it was given.
  if (before.clusterIP !== undefined && !spec.clusterIP)
    Object.assign(spec, { clusterIP: before.clusterIP, clusterIPs: before.clusterIPs });
  if (spec.clusterIP === 'None') withDefaults(spec, { clusterIPs: ['None'] });
};

const secret: Defaults = (object) => {
  object.type ??= 'Opaque';
  const { stringData } = object;
  if (!isObject(stringData)) return;
  const encoded = Object.entries(stringData).map(([key, value]) => [
    key,
    Buffer.from(String(value)).toString('base64'),
  ]);
  object.data = { ...objectAt(object.data), ...Object.fromEntries(encoded) };
  delete object.stringData;
};

const namespace: Defaults = (object, old) => {
  object.metadata.labels = { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name };
  object.spec = withDefaults(objectAt(object.spec), { finalizers: ['kubernetes'] });
  if (!old) object.status = { phase: 'Active' };
};

const claim: Defaults = (object, old) => {
  const spec = withDefaults(specOf(object), { volumeMode: 'Filesystem' });
  const before = objectAt(old?.spec);
  if (before.volumeName !== undefined) withDefaults(spec, { volumeName: before.volumeName });
  if (!old) object.status = { phase: 'Pending' };
};

const networkPolicy: Defaults = (object) => {
  const spec = specOf(object);
  withDefaults(spec, { policyTypes: spec.egress === undefined ? ['Ingress'] : ['Ingress', 'Egress'] });
};

const definition: Defaults = (object) => {
  const spec = withDefaults(specOf(object), { conversion: { strategy: 'None' } });
  const names = objectAt(spec.names);
  const kind = String(names.kind ?? '');
  if (isObject(spec.names)) withDefaults(names, { singular: kind.toLowerCase(), listKind: `${kind}List` });
};

const table: Readonly<Record<GroupKind, Defaults>> = {
  Pod: podDefaults,
  Service: service,
  Secret: secret,
  Namespace: namespace,
  PersistentVolumeClaim: claim,
  'Deployment.apps': deployment,
  'ReplicaSet.apps': replicaSet,
  'StatefulSet.apps': statefulSet,
  'Job.batch': job,
  'NetworkPolicy.networking.k8s.io': networkPolicy,
  'CustomResourceDefinition.apiextensions.k8s.io': definition,
};

/** Fills in what the real server would; changes and returns the object. */
export function setDefaults(type: GroupKind, object: Stored, old?: Stored): Stored {
  table[type]?.(object, old);
  return object;
}
