import type { Pod, PodSpec } from 'kubernetes-types/core/v1.js';
import { isObject, type JsonObject } from '../../store/json.ts';
import type { Stored } from '../../store/types.ts';

/** Sets what is absent; changes and returns the object. */
export function withDefaults(object: JsonObject, defaults: JsonObject): JsonObject {
  for (const [key, value] of Object.entries(defaults))
    if (object[key] === undefined || object[key] === null) object[key] = value;
  return object;
}

const objects = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);

function probe(value: unknown): void {
  if (!isObject(value)) return;
  withDefaults(value, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 });
  handler(value);
}

function handler(value: JsonObject): void {
  if (isObject(value.httpGet)) withDefaults(value.httpGet, { path: '/', scheme: 'HTTP' });
  if (isObject(value.grpc)) withDefaults(value.grpc, { service: '' });
}

/** Always for `:latest` and no tag, else IfNotPresent. */
function pullPolicy(image: unknown): string {
  const name =
    String(image ?? '')
      .split('/')
      .at(-1) ?? '';
  if (name.includes('@')) return 'IfNotPresent';
  return name.includes(':') && !name.endsWith(':latest') ? 'IfNotPresent' : 'Always';
}

function container(value: JsonObject): void {
  withDefaults(value, {
    imagePullPolicy: pullPolicy(value.image),
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    resources: {},
  });
  for (const port of objects(value.ports)) withDefaults(port, { protocol: 'TCP' });
  for (const { valueFrom } of objects(value.env))
    if (isObject(valueFrom) && isObject(valueFrom.fieldRef)) withDefaults(valueFrom.fieldRef, { apiVersion: 'v1' });
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) probe(value[name]);
  const { lifecycle } = value;
  if (!isObject(lifecycle)) return;
  for (const hook of [lifecycle.postStart, lifecycle.preStop]) if (isObject(hook)) handler(hook);
}

function volume(value: JsonObject): void {
  if (Object.keys(value).length === 1 && value.name !== undefined) value.emptyDir = {};
  for (const name of ['secret', 'configMap', 'projected', 'downwardAPI']) {
    const source = value[name];
    if (isObject(source)) withDefaults(source, { defaultMode: 0o644 });
  }
  if (isObject(value.hostPath)) withDefaults(value.hostPath, { type: '' });
}

/** https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/v1/defaults.go */
export function podSpecDefaults(spec: JsonObject): void {
  withDefaults(spec, {
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    terminationGracePeriodSeconds: 30,
    schedulerName: 'default-scheduler',
    securityContext: {},
  });
  // Either name of the field is enough; both are shown.
  if (spec.serviceAccountName || spec.serviceAccount)
    withDefaults(spec, { serviceAccountName: spec.serviceAccount, serviceAccount: spec.serviceAccountName });
  for (const list of [spec.initContainers, spec.containers]) objects(list).forEach(container);
  objects(spec.volumes).forEach(volume);
}

/** Guaranteed, Burstable or BestEffort: https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/ */
export function qosClass(spec: PodSpec): string {
  const resources = [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map((item) => item.resources ?? {});
  const some = resources.some(({ limits, requests }) => Object.keys({ ...limits, ...requests }).length > 0);
  if (!some) return 'BestEffort';
  const full = resources.every(({ limits, requests }) =>
    ['cpu', 'memory'].every(
      (name) => limits?.[name] !== undefined && limits[name] === (requests?.[name] ?? limits[name]),
    ),
  );
  return full ? 'Guaranteed' : 'Burstable';
}

/** Defaults of a Pod itself: those of its spec, its account, requests from limits, and the first status. */
export function podDefaults(object: Stored, old: Stored | undefined): void {
  if (!isObject(object.spec)) return;
  const { spec } = object;
  podSpecDefaults(spec);
  withDefaults(spec, { serviceAccountName: 'default', serviceAccount: 'default', enableServiceLinks: true });
  for (const { resources } of [...objects(spec.containers), ...objects(spec.initContainers)]) {
    if (!isObject(resources) || !isObject(resources.limits)) continue;
    resources.requests = withDefaults(isObject(resources.requests) ? resources.requests : {}, resources.limits);
  }
  if (!old)
    object.status = { phase: 'Pending', qosClass: qosClass((object as Stored<Pod>).spec ?? { containers: [] }) };
}
