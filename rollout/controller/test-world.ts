import { KubeConfig } from '@kubernetes/client-node';
import { kubeconfig, testServer } from '../../local/api/test-server.ts';
import type { KubeObject, ObjectStore, Stored } from '../../local/store/types.ts';
import { releaseName } from '../../mesh/release.ts';
import { rolloutDefinition } from '../resource/definition.ts';
import { type RolloutResource, type RolloutSpec, rolloutKind } from '../resource/rollout.ts';
import type { Deployment, Route } from './objects.ts';

export const namespace = 'exchange';
const routeTypes = ['HTTPRoute', 'GRPCRoute', 'TCPRoute'].map((kind) => `${kind}.gateway.networking.k8s.io`);

/** The API server of the embedded cluster, with somebody who carries out what routes and Deployments ask for, as sidecars and Pods would. */
export async function testWorld(options: { readonly file?: string } = {}) {
  const server = await testServer(options);
  const { store } = server;
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  store.create(JSON.parse(JSON.stringify(rolloutDefinition())) as KubeObject);
  const cluster = carryOut(store);
  const config = new KubeConfig();
  config.loadFromString(kubeconfig(server.url, server.authority.cert, server.admin));
  return {
    ...server,
    config,
    /** Releases whose Pods do not get ready; by the name of their Deployment. */
    setReady: cluster.setReady,
    deploy: (service: string, release: string, more: Partial<DeploymentParts> = {}) =>
      store.create(deployment(service, release, more)),
    route: (object: KubeObject) => store.create(object),
    start: (service: string, spec: Partial<RolloutSpec>) => store.create(rollout(service, spec)),
    change(service: string, spec: Partial<RolloutSpec>) {
      const before = read(service);
      if (before) store.update({ ...before, spec: { ...before.spec, ...spec } });
    },
    remove: (service: string) => store.delete('Rollout.parley.dev', service, namespace),
    read,
    /** Weights in the last rule of a route. */
    weights(name: string, kind = 'HTTPRoute'): Record<string, number> {
      const route = store.get<Route>(`${kind}.gateway.networking.k8s.io`, name, namespace);
      const refs = route?.spec.rules?.at(-1)?.backendRefs ?? [];
      return Object.fromEntries(refs.map((ref) => [ref.name, ref.weight ?? 1]));
    },
    async close() {
      cluster.stop();
      await server.close();
    },
  };

  function read(service: string): Stored<RolloutResource> | undefined {
    return store.get<RolloutResource>('Rollout.parley.dev', service, namespace);
  }
}

/** Confirms routes and makes Pods ready, a moment after it was asked for. */
function carryOut(store: ObjectStore) {
  const unready = new Set<string>();
  const timers = new Set<NodeJS.Timeout>();
  const later = (run: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, 5);
    timers.add(timer);
  };
  const follow = (type: string, act: (object: Stored<never>) => void) => {
    for (const object of store.list<never>(type).items) act(object);
    return store.watch<never>(type, ({ type: change, object }) => {
      if (change !== 'DELETED') later(() => act(object));
    });
  };
  const confirm = (type: string) => (changed: Stored<never>) => {
    const route = store.get<Route>(type, changed.metadata.name, changed.metadata.namespace);
    if (!route) return;
    const condition = {
      type: 'Programmed',
      status: 'True',
      reason: 'Programmed',
      message: '',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    };
    const observedGeneration = route.metadata.generation;
    const parents = (route.spec.parentRefs ?? []).map((parentRef) => ({
      parentRef,
      controllerName: 'parley.dev/test',
      conditions: [{ ...condition, observedGeneration }],
    }));
    store.updateStatus({ ...route, status: { parents } });
  };
  const settle = (changed: Stored<never>) => {
    const deployment = store.get<Deployment>('Deployment.apps', changed.metadata.name, changed.metadata.namespace);
    if (!deployment) return;
    const replicas = deployment.spec?.replicas ?? 1;
    const readyReplicas = unready.has(deployment.metadata.name) ? 0 : replicas;
    const status = { observedGeneration: deployment.metadata.generation, replicas, readyReplicas };
    store.updateStatus({ ...deployment, status });
  };
  const stops = [...routeTypes.map((type) => follow(type, confirm(type))), follow('Deployment.apps', settle)];
  return {
    setReady(name: string, ready: boolean) {
      if (ready) unready.delete(name);
      else unready.add(name);
      const deployment = store.get<never>('Deployment.apps', name, namespace);
      if (deployment) settle(deployment);
    },
    stop() {
      for (const stop of stops) stop();
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

export type TestWorld = Awaited<ReturnType<typeof testWorld>>;

interface DeploymentParts {
  readonly replicas: number;
  /** Empty: no annotation. */
  readonly contracts: string;
}

function deployment(service: string, release: string, more: Partial<DeploymentParts>): KubeObject {
  const { replicas = 2, contracts = 'v1' } = more;
  const labels = { 'app.kubernetes.io/name': service, 'app.kubernetes.io/version': release };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: releaseName(service, release),
      namespace,
      labels,
      ...(contracts ? { annotations: { 'parley.dev/contracts': contracts } } : {}),
    },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: service, image: `x/${service}:${release}` }] } },
    },
  };
}

/** A route of the mesh, or with `gateway` of the edge, that leads to one release. */
export function routeTo(service: string, release: string, more: { kind?: string; gateway?: string } = {}): KubeObject {
  const { kind = 'HTTPRoute', gateway } = more;
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind,
    metadata: { name: gateway ? `edge-${service}` : service, namespace },
    spec: {
      parentRefs: [
        gateway
          ? { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: gateway }
          : { group: '', kind: 'Service', name: service, port: 8080 },
      ],
      rules: [
        { backendRefs: [{ group: '', kind: 'Service', name: releaseName(service, release), port: 8080, weight: 100 }] },
      ],
    },
  };
}

function rollout(service: string, spec: Partial<RolloutSpec>): KubeObject {
  return {
    ...rolloutKind,
    metadata: { name: service, namespace },
    spec: { service, candidate: '2.0.0', checks: [{ name: 'errors', errorRate: {} }], ...spec },
  };
}
