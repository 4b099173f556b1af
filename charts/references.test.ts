import {
  Gateway,
  GatewayClass,
  GRPCRoute,
  HTTPRoute,
  type IGateway,
  type IGatewayClass,
  type IGRPCRoute,
  type IHTTPRoute,
} from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1';
import { DestinationRule, type IDestinationRule } from '@kubernetes-models/istio/networking.istio.io/v1';
import {
  AuthorizationPolicy,
  type IAuthorizationPolicy,
  type IPeerAuthentication,
  PeerAuthentication,
} from '@kubernetes-models/istio/security.istio.io/v1';
import { type ITelemetry, Telemetry } from '@kubernetes-models/istio/telemetry.istio.io/v1';
import type { Container } from 'kubernetes-types/core/v1.js';
import { describe, expect, test } from 'vitest';
import { monitoring, rollouts } from '../mesh/exchange.ts';
import { meshNames } from '../mesh/intent.ts';
import { describeObject, type KubeObject } from '../mesh/objects.ts';
import { catalogue } from './catalogue-sample.ts';
import { emptyLists } from './empty-lists.ts';
import { environmentNames } from './environments.ts';
import { isPodMaker } from './hardening.ts';
import { addRelease, defaultPlan } from './plan.ts';
import { render } from './render.ts';
import { secretContractsOf } from './secrets.ts';

/** Schemas of the projects themselves; they know types and ranges, not rules across fields. */
const schemas: Readonly<Record<string, (object: KubeObject) => void>> = {
  'gateway.networking.k8s.io/v1 Gateway': (object) => new Gateway(object as IGateway & KubeObject).validate(),
  'gateway.networking.k8s.io/v1 GatewayClass': (object) =>
    new GatewayClass(object as IGatewayClass & KubeObject).validate(),
  'gateway.networking.k8s.io/v1 HTTPRoute': (object) => new HTTPRoute(object as IHTTPRoute & KubeObject).validate(),
  'gateway.networking.k8s.io/v1 GRPCRoute': (object) => new GRPCRoute(object as IGRPCRoute & KubeObject).validate(),
  'networking.istio.io/v1 DestinationRule': (object) =>
    new DestinationRule(object as IDestinationRule & KubeObject).validate(),
  'security.istio.io/v1 PeerAuthentication': (object) =>
    new PeerAuthentication(object as IPeerAuthentication & KubeObject).validate(),
  'security.istio.io/v1 AuthorizationPolicy': (object) =>
    new AuthorizationPolicy(object as IAuthorizationPolicy & KubeObject).validate(),
  'telemetry.istio.io/v1 Telemetry': (object) => new Telemetry(object as ITelemetry & KubeObject).validate(),
};

const plan = addRelease(defaultPlan(catalogue), catalogue, 'accounts', '2.0.0');
const targets = meshNames.flatMap((mesh) => environmentNames.map((env) => ({ mesh, env })));

describe.each(targets)('$mesh $env', ({ mesh, env }) => {
  const collector = new URL('http://collector.observability.svc.cluster.local:4318');
  const readers = [monitoring, rollouts];
  const objects = render({ plan, catalogue, mesh, env, collector, tracing: { samplingPercent: 1 }, readers });
  const pods = objects.filter(isPodMaker);
  const containers: readonly Container[] = pods.flatMap(({ spec }) => spec.template.spec?.containers ?? []);
  const names = (kind: string) => objects.filter((each) => each.kind === kind).map(({ metadata }) => metadata.name);

  test('Gateway API and Istio objects are valid by the schemas of their projects', () => {
    const checked = objects.filter((object) => schemas[`${object.apiVersion} ${object.kind}`]);
    for (const object of checked) {
      const validate = () => schemas[`${object.apiVersion} ${object.kind}`]?.(object);
      expect(validate, describeObject(object)).not.toThrow();
    }
    const unchecked = new Set(
      objects.filter((object) => !checked.includes(object)).map(({ apiVersion }) => apiVersion),
    );
    expect([...unchecked].filter((version) => /gateway|istio/.test(version))).toEqual([]);
  });

  test('no object names a Service of the exchange that is not there', () => {
    const services = names('Service');
    const hosts = [...JSON.stringify(objects).matchAll(/([a-z0-9-]+)\.exchange\.svc\.cluster\.local/g)].map(
      ([, name]) => name,
    );
    const references = JSON.stringify(objects.filter(({ kind }) => kind.endsWith('Route')));
    const backends = [...references.matchAll(/"kind":"Service","name":"([a-z0-9-]+)"/g)].map(([, name]) => name);
    expect(hosts.length).toBeGreaterThan(0);
    expect(backends.length).toBeGreaterThan(0);
    for (const name of [...hosts, ...backends]) expect(services).toContain(name);
  });

  test('every Service finds Pods that declare its port', () => {
    for (const service of objects.filter(isService)) {
      const found = pods.filter(({ spec: { template } }) =>
        Object.entries(service.spec.selector).every(([key, value]) => template.metadata?.labels?.[key] === value),
      );
      expect(found.length, service.metadata.name).toBeGreaterThan(0);
      for (const { spec } of found) {
        const declared = spec.template.spec?.containers.flatMap(({ ports = [] }) =>
          ports.map((port) => port.containerPort),
        );
        for (const { targetPort } of service.spec.ports) expect(declared).toContain(targetPort);
      }
    }
  });

  test('ServiceAccounts and ConfigMaps that Pods name are there, one account per service', () => {
    const accounts = names('ServiceAccount');
    for (const { spec } of pods) {
      const account = spec.template.spec?.serviceAccountName;
      expect(accounts).toContain(account);
      expect(account).toBe(spec.template.metadata?.labels?.['app.kubernetes.io/name']);
      for (const { configMap } of spec.template.spec?.volumes ?? []) {
        if (configMap) expect(names('ConfigMap')).toContain(configMap.name);
      }
    }
    expect(names('PodDisruptionBudget')).toEqual(accounts);
    expect(names('NetworkPolicy')).toEqual([...accounts, 'default-deny'].sort());
  });

  test('the script that starts the database reads the file that is mounted beside it', () => {
    const database = containers.find(({ name }) => name === 'postgres');
    const folder = database?.volumeMounts?.find(({ name }) => name === 'start')?.mountPath;
    const files = objects.find(({ metadata }) => metadata.name === 'postgres-start') as KubeObject & {
      data: Record<string, string>;
    };
    const [script = '', queries = ''] = Object.keys(files.data).sort().reverse();
    expect(database?.args).toEqual(['bash', `${folder}/${script}`]);
    expect(files.data[script]).toContain(`cat ${folder}/${queries};`);
  });

  test('every Secret that Pods read is one that somebody promised to make, with that key', () => {
    const promised = secretContractsOf(catalogue).flatMap(({ name, keys }) =>
      Object.keys(keys).map((key) => `${name}/${key}`),
    );
    const read = containers.flatMap(({ env: variables = [] }) =>
      variables.flatMap(({ valueFrom }) =>
        valueFrom?.secretKeyRef ? [`${valueFrom.secretKeyRef.name}/${valueFrom.secretKeyRef.key}`] : [],
      ),
    );
    expect(read.length).toBeGreaterThan(0);
    for (const each of read) expect(promised).toContain(each);
  });

  test('no list is empty, so that a second apply finds nothing to change', () => {
    const ephemeral = render({ plan, catalogue, mesh, env, storage: 'ephemeral' });
    expect([...objects, ...ephemeral].flatMap((object) => emptyLists(object, describeObject(object)))).toEqual([]);
  });

  test('a service is told its providers, its database and the collector', () => {
    const orders = containers.find(({ image }) => image === 'parley/orders:1.4.0');
    const variables = Object.fromEntries(
      (orders?.env ?? []).map(({ name, value, valueFrom }) => [name, value ?? valueFrom]),
    );
    expect(variables).toEqual({
      PORT: '8080',
      ADMIN_PORT: '9090',
      POD_NAME: { fieldRef: { fieldPath: 'metadata.name' } },
      POD_NAMESPACE: { fieldRef: { fieldPath: 'metadata.namespace' } },
      OTEL_SERVICE_NAME: 'orders',
      SERVICE_VERSION: '1.4.0',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.observability.svc.cluster.local:4318',
      IDENTITY_URL: 'http://identity.exchange.svc.cluster.local:8080',
      ACCOUNTS_URL: 'http://accounts.exchange.svc.cluster.local:8080',
      DATABASE_PASSWORD: { secretKeyRef: { name: 'postgres', key: 'password-orders' } },
      DATABASE_URL: 'postgres://orders:$(DATABASE_PASSWORD)@postgres.exchange.svc.cluster.local:5432/orders',
    });
  });

  test('packets flow along the edges of the mesh policy, to DNS, to the control plane, to the collector and from readers of metrics only', () => {
    const policy = objects.find(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === 'orders');
    const extra = mesh === 'linkerd' ? [4143] : [];
    expect(flows(policy)).toEqual({
      ingress: [
        { peers: ['edge'], ports: [8080, ...extra] },
        { peers: ['portfolio'], ports: [8080, ...extra] },
        { peers: ['observability', 'prometheus'], ports: mesh === 'istio' ? [15020] : [9090, 4191, 4143] },
        { peers: ['parley', 'rollouts'], ports: mesh === 'istio' ? [15090] : [4191, 4143] },
      ],
      egress: [
        { peers: ['kube-system', 'kube-dns'], ports: [53, 53] },
        mesh === 'istio'
          ? { peers: ['istio-system'], ports: [15012] }
          : { peers: ['linkerd'], ports: [8080, 8086, 8090] },
        { peers: ['accounts'], ports: [8080, ...extra] },
        { peers: ['identity'], ports: [8080, ...extra] },
        { peers: ['postgres'], ports: [5432, ...extra] },
        { peers: ['observability', 'collector'], ports: [4318, 4317, ...extra] },
      ],
    });
  });

  test('of a collector of others the labels are not known: its namespace is named', () => {
    const others = new URL('http://otel.telemetry.svc:4318');
    const rendered = render({ plan, catalogue, mesh, env, collector: others });
    const policy = rendered.find(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === 'orders');
    const { egress } = flows(policy);
    expect(egress.at(-1)).toEqual({ peers: ['telemetry'], ports: [4318, ...(mesh === 'linkerd' ? [4143] : [])] });
  });
});

interface ServiceObject extends KubeObject {
  readonly spec: {
    readonly selector: Readonly<Record<string, string>>;
    readonly ports: readonly { readonly targetPort: number }[];
  };
}

function isService(object: KubeObject): object is ServiceObject {
  return object.kind === 'Service';
}

/** The label values and ports of each rule: enough to read who may talk to whom. */
function flows(policy: KubeObject | undefined) {
  const spec: unknown = policy && 'spec' in policy ? policy.spec : undefined;
  const rules = (direction: string): unknown[] => Object(Reflect.get(Object(spec), direction));
  const read = (rule: unknown) => ({
    peers: [
      ...JSON.stringify(rule).matchAll(
        /"(?:kubernetes\.io\/metadata\.name|k8s-app|app\.kubernetes\.io\/name)":"([^"]+)"/g,
      ),
    ].map(([, name]) => name),
    ports: [...JSON.stringify(rule).matchAll(/"port":(\d+)/g)].map(([, port]) => Number(port)),
  });
  return { ingress: rules('ingress').map(read), egress: rules('egress').map(read) };
}
