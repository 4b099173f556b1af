/** Objects for tests of the sidecars, as the API server would hold them. */
import type { KubeObject, Stored } from '../store/types.ts';
import type { ReadObjects } from './world.ts';

let serial = 0;

const numbered = (metadata: Partial<Stored['metadata']> & { name: string }): Stored['metadata'] => {
  serial += 1;
  return {
    uid: `uid-${metadata.name}`,
    resourceVersion: String(serial),
    generation: 1,
    creationTimestamp: '2026-01-01T00:00:00Z',
    ...metadata,
  };
};

/** An object as it is stored. */
export function stored<T = Record<string, unknown>>(object: KubeObject): Stored<T> {
  return { ...object, metadata: numbered(object.metadata as { name: string }) } as Stored<T>;
}

export const namespaceName = 'exchange';
const meta = (name: string, more: object = {}) => ({ name, namespace: namespaceName, ...more });

export const namespace = (): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: namespaceName, labels: { 'istio-injection': 'enabled' } },
});

export interface PodSketch {
  readonly name: string;
  readonly app: string;
  readonly version?: string;
  readonly ip: string;
  readonly port: number;
  readonly portName?: string;
  readonly sockets?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A running Pod of the service account `app`. */
export function pod(sketch: PodSketch): KubeObject {
  const { name, app, version = '1.0.0', ip, port, portName = 'http' } = sketch;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: meta(name, {
      labels: { 'app.kubernetes.io/name': app, 'app.kubernetes.io/version': version, ...sketch.labels },
      annotations: sketch.sockets ? { 'parley.dev/sockets': 'true' } : {},
    }),
    spec: { serviceAccountName: app, containers: [{ name: app, ports: [{ name: portName, containerPort: port }] }] },
    status: { podIP: ip, phase: 'Running' },
  };
}

/** A Service of one port; without `version` it selects every release. */
export function service(name: string, app: string, port: number, appProtocol: string, version?: string): KubeObject {
  const selector = { 'app.kubernetes.io/name': app, ...(version ? { 'app.kubernetes.io/version': version } : {}) };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: meta(name),
    spec: { selector, ports: [{ name: 'main', port, targetPort: port, appProtocol }] },
  };
}

/** Ready endpoints of a Service. */
export function slice(serviceName: string, port: number, pods: readonly PodSketch[]): KubeObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: meta(`${serviceName}-1`, { labels: { 'kubernetes.io/service-name': serviceName } }),
    addressType: 'IPv4',
    ports: [{ name: 'main', port, protocol: 'TCP' }],
    endpoints: pods.map(({ name, ip }) => ({
      addresses: [ip],
      conditions: { ready: true },
      targetRef: { kind: 'Pod', namespace: namespaceName, name, uid: `uid-${name}` },
    })),
  };
}

/** A route whose parent is a Service. */
export function meshRoute(
  kind: 'HTTPRoute' | 'GRPCRoute' | 'TCPRoute',
  name: string,
  rules: readonly object[],
): KubeObject {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind,
    metadata: meta(name),
    spec: { parentRefs: [{ group: '', kind: 'Service', name }], rules },
  };
}

/** Weighted backends, all on one port. */
export const backends = (port: number, weights: Readonly<Record<string, number>>) =>
  Object.entries(weights).map(([name, weight]) => ({ group: '', kind: 'Service', name, port, weight }));

/** An Istio policy that lets `callers` reach the Pods of `app`. */
export function allow(app: string, callers: readonly string[]): KubeObject {
  const principals = callers.map((caller) => `cluster.local/ns/${namespaceName}/sa/${caller}`);
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: meta(`allow-${app}`),
    spec: {
      selector: { matchLabels: { 'app.kubernetes.io/name': app } },
      action: 'ALLOW',
      rules: [{ from: [{ source: { principals } }] }],
    },
  };
}

const groupKind = ({ apiVersion, kind }: KubeObject) =>
  apiVersion.includes('/') ? `${kind}.${apiVersion.split('/')[0]}` : kind;

/** The objects as the compiler reads them. */
export function reader(objects: readonly KubeObject[]): ReadObjects {
  const all = objects.map((object) => [groupKind(object), stored(object)] as const);
  return <T>(type: string) => all.filter(([kind]) => kind === type).map(([, object]) => object) as Stored<T>[];
}
