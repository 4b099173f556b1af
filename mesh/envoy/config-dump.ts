import { z } from 'zod';
import { readAnswer } from './answer.ts';
import { type Sending, sending, type Taking, taking, transportSocket } from './tls.ts';

/** https://www.envoyproxy.io/docs/envoy/latest/operations/admin#get--config_dump */
export const configDumpPath = '/config_dump?include_eds';

const metadata = z.object({ filter_metadata: z.record(z.string(), z.record(z.string(), z.unknown())).default({}) });
const cluster = z.object({
  name: z.string(),
  transport_socket: transportSocket.optional(),
  transport_socket_matches: z
    .array(
      z.object({ match: z.record(z.string(), z.unknown()).default({}), transport_socket: transportSocket.optional() }),
    )
    .default([]),
});
const lbEndpoint = z.object({
  endpoint: z
    .object({
      address: z
        .object({ socket_address: z.object({ address: z.string(), port_value: z.number() }).optional() })
        .optional(),
    })
    .optional(),
  metadata: metadata.optional(),
});
const assignment = z.object({
  cluster_name: z.string().optional(),
  endpoints: z.array(z.object({ lb_endpoints: z.array(lbEndpoint).default([]) })).default([]),
});
const chain = z.object({
  name: z.string().optional(),
  filter_chain_match: z.object({ destination_port: z.number().optional() }).optional(),
  transport_socket: transportSocket.optional(),
});
const listener = z.object({
  name: z.string().default(''),
  traffic_direction: z.string().optional(),
  filter_chains: z.array(chain).default([]),
  default_filter_chain: chain.optional(),
});
const dump = z.object({
  configs: z.array(
    z.object({
      '@type': z.string(),
      static_clusters: z.array(z.object({ cluster })).default([]),
      dynamic_active_clusters: z.array(z.object({ cluster })).default([]),
      static_endpoint_configs: z.array(z.object({ endpoint_config: assignment })).default([]),
      dynamic_endpoint_configs: z.array(z.object({ endpoint_config: assignment })).default([]),
      static_listeners: z.array(z.object({ listener })).default([]),
      dynamic_listeners: z
        .array(z.object({ name: z.string().optional(), active_state: z.object({ listener }).optional() }))
        .default([]),
    }),
  ),
});

/** One place that a cluster sends to, and how. */
export interface Upstream {
  readonly cluster: string;
  readonly ip: string;
  readonly port: number;
  readonly sending: Sending;
}

/** One way into the Pod. */
export interface InboundChain {
  /** `listener/chain`. */
  readonly name: string;
  /** Port that the client meant; absent: any. */
  readonly port?: number;
  readonly taking: Taking;
}

/** What an Envoy is configured to do, as far as edges depend on it. */
export interface Configured {
  readonly upstreams: readonly Upstream[];
  readonly inbound: readonly InboundChain[];
}

/** Reads the configuration that is in force, with the endpoints of each cluster. Throws AnswerError. */
export function readConfigDump(text: string): Configured {
  const { configs } = readAnswer(configDumpPath, dump, text);
  const all = <T>(of: (config: (typeof configs)[number]) => readonly T[]) => configs.flatMap(of);
  const clusters = all((each) => [...each.static_clusters, ...each.dynamic_active_clusters]);
  const byName = new Map(clusters.map((each) => [each.cluster.name, each.cluster]));
  const assignments = all((each) => [...each.static_endpoint_configs, ...each.dynamic_endpoint_configs]);
  const listeners = all((each) => [
    ...each.static_listeners.map((one) => one.listener),
    ...each.dynamic_listeners.flatMap(({ active_state }) => active_state?.listener ?? []),
  ]);
  return {
    upstreams: assignments.flatMap(({ endpoint_config }) => {
      const found = byName.get(endpoint_config.cluster_name ?? '');
      return found ? upstreamsOf(found, endpoint_config) : [];
    }),
    inbound: listeners.filter(({ traffic_direction }) => traffic_direction === 'INBOUND').flatMap(chainsOf),
  };
}

type Cluster = z.output<typeof cluster>;

function upstreamsOf(found: Cluster, { endpoints }: z.output<typeof assignment>): Upstream[] {
  return endpoints
    .flatMap(({ lb_endpoints }) => lb_endpoints)
    .flatMap(({ endpoint, metadata: marks }) => {
      const at = endpoint?.address?.socket_address;
      if (!at) return [];
      const labels = marks?.filter_metadata['envoy.transport_socket_match'] ?? {};
      return [{ cluster: found.name, ip: at.address, port: at.port_value, sending: sending(socketFor(found, labels)) }];
    });
}

/** The first match whose labels the endpoint has, else the cluster's own socket (`config.cluster.v3.Cluster.TransportSocketMatch`). */
function socketFor(found: Cluster, labels: Readonly<Record<string, unknown>>) {
  const matching = found.transport_socket_matches.find(({ match }) =>
    Object.entries(match).every(([key, value]) => labels[key] === value),
  );
  return matching ? matching.transport_socket : found.transport_socket;
}

function chainsOf({ name, filter_chains, default_filter_chain }: z.output<typeof listener>): InboundChain[] {
  return [...filter_chains, ...(default_filter_chain ? [default_filter_chain] : [])].map((each) => {
    const port = each.filter_chain_match?.destination_port;
    return {
      name: `${name}/${each.name ?? 'default'}`,
      ...(port === undefined ? {} : { port }),
      taking: taking(each.transport_socket),
    };
  });
}

/**
 * The chains that may take a connection meant for `port`. Envoy goes by the port first and does not come back from there
 * (https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/listener/v3/listener_components.proto#config-listener-v3-filterchainmatch).
 */
export function chainsFor(inbound: readonly InboundChain[], port: number): InboundChain[] {
  const own = inbound.filter((each) => each.port === port);
  return own.length > 0 ? own : inbound.filter((each) => each.port === undefined);
}
