import type { Clock } from '../../kube/clock.ts';
import { type Informer, startInformer } from '../../kube/informer.ts';
import { type Log, withoutRepeats } from '../../kube/log.ts';
import { type KubeRest, RestError } from '../../kube/rest.ts';
import { type RolloutResource, rolloutKind } from '../resource/rollout.ts';
import type { Deployment, Route } from './objects.ts';
import { releasesOf, servicesOf } from './releases.ts';
import { servicesRouted } from './routes.ts';

/** What the controller reads of a cluster, without a request. */
export interface World {
  rollout(namespace: string, name: string): RolloutResource | undefined;
  rollouts(): Iterable<RolloutResource>;
  /** Every route with releases of the service in its weighted rule. */
  routesOf(namespace: string, service: string): readonly Route[];
  /** By release. */
  deploymentsOf(namespace: string, service: string): ReadonlyMap<string, Deployment>;
  putRollout(rollout: RolloutResource): void;
  putRoute(route: Route): void;
  /** Resolves when everything has been seen once. */
  readonly synced: Promise<unknown>;
  /** Resolves when every watch has ended. */
  readonly ended: Promise<unknown>;
}

export interface WorldOptions {
  readonly rest: KubeRest;
  readonly clock: Clock;
  readonly log: Log;
  /** Undefined: all namespaces. */
  readonly namespace?: string;
  readonly signal: AbortSignal;
  /** Something changed that a rollout, if there is one of this name, may have to go by. */
  readonly onChange: (namespace: string, name: string) => void;
}

const gatewayApi = 'gateway.networking.k8s.io';
/** TCPRoute has been v1 since Gateway API 1.6; before it was v1alpha2. */
const routeKinds = [
  { kind: 'HTTPRoute', versions: ['v1'] },
  { kind: 'GRPCRoute', versions: ['v1'] },
  { kind: 'TCPRoute', versions: ['v1', 'v1alpha2'] },
] as const;

/** Begins to watch; a kind of route that the cluster does not have is left out. */
export async function watchWorld(options: WorldOptions): Promise<World> {
  const { rest, log } = options;
  const known = await Promise.all(routeKinds.map(async (each) => ({ ...each, version: await served(rest, each) })));
  for (const { kind, version } of known)
    if (!version) log.info(`the cluster has no ${kind}: rollouts go without`, { kind });
  const onProblem = withoutRepeats((problem) => log.info('problem', { problem }));
  const common = { ...options, onProblem };
  const tell = (namespace: string | undefined, services: readonly string[]) => {
    for (const service of services) options.onChange(namespace ?? '', service);
  };
  const routes = new Map<string, Informer<Route>>();
  for (const { kind, version } of known) {
    if (!version) continue;
    const index = (route: Route) => servicesRouted(route).map((service) => `${route.metadata.namespace}/${service}`);
    const onChange = (after?: Route, before?: Route) => {
      const services = [after, before].flatMap((route) => (route ? servicesRouted(route) : []));
      tell((after ?? before)?.metadata.namespace, services);
    };
    routes.set(
      kind,
      startInformer<Route>({ ...common, apiVersion: `${gatewayApi}/${version}`, kind, index, onChange }),
    );
  }
  const deployments = startInformer<Deployment>({
    ...common,
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    index: ({ metadata }) => servicesOf(metadata.name).map((service) => `${metadata.namespace}/${service}`),
    onChange: (after, before) => {
      const { namespace, name } = (after ?? before)?.metadata ?? { name: '' };
      tell(namespace, servicesOf(name));
    },
  });
  const rollouts = startInformer<RolloutResource>({
    ...common,
    ...rolloutKind,
    onChange: (after, before) => {
      const metadata = (after ?? before)?.metadata;
      if (metadata) tell(metadata.namespace, [metadata.name]);
    },
  });
  const all = [...routes.values(), deployments, rollouts];
  return {
    rollout: rollouts.get,
    rollouts: rollouts.all,
    routesOf: (namespace, service) => [...routes.values()].flatMap((each) => [...each.by(`${namespace}/${service}`)]),
    deploymentsOf: (namespace, service) => releasesOf(service, deployments.by(`${namespace}/${service}`)),
    putRollout: rollouts.put,
    putRoute: (route) => routes.get(route.kind)?.put(route),
    synced: Promise.all(all.map(({ synced }) => synced)),
    ended: Promise.all(all.map(({ ended }) => ended)),
  };
}

/** The version of a kind that the cluster serves; undefined: none. */
async function served(
  rest: KubeRest,
  { kind, versions }: { readonly kind: string; readonly versions: readonly string[] },
): Promise<string | undefined> {
  for (const version of versions) {
    try {
      await rest.pathOf(`${gatewayApi}/${version}`, kind, undefined);
      return version;
    } catch (error) {
      if (!(error instanceof RestError && error.status === 404)) throw error;
    }
  }
  return undefined;
}
