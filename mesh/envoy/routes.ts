import { z } from 'zod';
import { compareReleases, releaseName } from '../release.ts';
import { readAnswer } from './answer.ts';

/** Routes that Istio's control plane sent (https://www.envoyproxy.io/docs/envoy/latest/operations/admin#get--config_dump). */
export const routesPath = '/config_dump?resource=dynamic_route_configs';

const weightedCluster = z.object({ name: z.string(), weight: z.number().default(0) });
const route = z.object({
  name: z.string().optional(),
  match: z.object({ headers: z.array(z.unknown()).default([]) }).default({ headers: [] }),
  route: z
    .object({
      cluster: z.string().optional(),
      weighted_clusters: z.object({ clusters: z.array(weightedCluster).default([]) }).optional(),
    })
    .optional(),
});
const virtualHost = z.object({ name: z.string().default(''), routes: z.array(route).default([]) });
const schema = z.object({
  configs: z
    .array(
      z.object({
        route_config: z
          .object({ name: z.string().default(''), virtual_hosts: z.array(virtualHost).default([]) })
          .optional(),
      }),
    )
    .default([]),
});

/** What is to be in force for one service. */
export interface WantedRoute {
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
  /** Version -> weight; those of weight 0 too. */
  readonly weights: Readonly<Record<string, number>>;
}

/** Where a proxy looks a route up: by the Service's name as a sidecar does, or by path as a gateway does. */
export type RouteTable = 'sidecar' | 'gateway';

/**
 * Whether an Envoy of Istio has a route's weights; undefined: it has, otherwise what is missing. Istio writes one cluster where
 * one release has all the weight, and leaves out those that have none; the proportions count. Routes that match a header go
 * their own way and are passed over. A sidecar whose own table does not know the service yet lacks it. Throws AnswerError.
 */
export function routeInForce(text: string, wanted: WantedRoute, table: RouteTable): string | undefined {
  const { configs } = readAnswer(routesPath, schema, text);
  const hosts = configs.flatMap(({ route_config }) => route_config?.virtual_hosts ?? []);
  const routes = (table === 'sidecar' ? ofService(hosts, wanted) : hosts.flatMap(({ routes: all }) => all))
    .filter(({ match }) => match.headers.length === 0)
    .map((each) => splitOf(each, wanted))
    .filter((split) => split !== undefined);
  if (routes.length === 0) return `no route to ${wanted.service}`;
  const goal = shares(wanted.weights);
  const other = routes.find((split) => shares(split) !== goal);
  return other && `${wanted.service} has ${words(other)}, wanted ${words(wanted.weights)}`;
}

type VirtualHost = z.output<typeof virtualHost>;

function ofService(hosts: readonly VirtualHost[], { namespace, service, port }: WantedRoute) {
  const host = `${service}.${namespace}.svc.`;
  return hosts.filter(({ name }) => name.startsWith(host) && name.endsWith(`:${port}`)).flatMap(({ routes }) => routes);
}

/** Weight by release; undefined for a route to something else. */
function splitOf({ route: action }: z.output<typeof route>, wanted: WantedRoute): Record<string, number> | undefined {
  const clusters =
    action?.weighted_clusters?.clusters ?? (action?.cluster ? [{ name: action.cluster, weight: 1 }] : []);
  const split: Record<string, number> = {};
  for (const { name, weight } of clusters) {
    const release = releaseOf(name, wanted);
    if (release === undefined) return undefined;
    split[release] = (split[release] ?? 0) + weight;
  }
  return clusters.length > 0 ? split : undefined;
}

/** The release that `outbound|8080||accounts-1-4-0.exchange.svc.cluster.local` is, by version; one that is not wanted by its Service's name. */
function releaseOf(cluster: string, { namespace, service, port, weights }: WantedRoute): string | undefined {
  const [direction, to, , host = ''] = cluster.split('|');
  if (direction !== 'outbound' || to !== String(port)) return undefined;
  const [name = '', space] = host.split('.');
  if (space !== namespace) return undefined;
  const known = Object.keys(weights).find((version) => releaseName(service, version) === name);
  if (known !== undefined) return known;
  return name === service || new RegExp(`^${service}-\\d+-\\d+-\\d+`).test(name) ? name : undefined;
}

/** Equal texts for equal proportions. */
function shares(weights: Readonly<Record<string, number>>): string {
  const some = Object.entries(weights).filter(([, weight]) => weight > 0);
  const total = some.reduce((sum, [, weight]) => sum + weight, 0);
  return some
    .map(([release, weight]) => `${release}=${Math.round((weight / total) * 1e6)}`)
    .sort()
    .join(' ');
}

function words(weights: Readonly<Record<string, number>>): string {
  const all = Object.entries(weights).sort(([a], [b]) => compareReleases(a, b));
  return all.map(([release, weight]) => `${release}=${weight}`).join(' ');
}
