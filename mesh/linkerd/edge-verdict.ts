import { type Doubt, type Edge, type EdgeVerdict, no, proxiesOf, type Seen, unknown, weigh } from '../edges/edge.ts';
import { readSamples, type Sample } from './proxy-metrics.ts';

const opened = 'tcp_open_total';
const admitted = ['inbound_http_authz_allow_total', 'inbound_tcp_authz_allow_total'];

/** What a Linkerd proxy counted. */
export type LinkerdProxy = readonly Sample[];

/** Throws MetricsError. */
export function readLinkerdProxy(metrics: string): LinkerdProxy {
  return readSamples(metrics, new Set([opened, ...admitted]));
}

/**
 * Whether an edge is mutual TLS between the right two, by what the proxies on both sides counted: Linkerd says it of
 * connections, not of configuration, so that an edge without traffic is unknown. Every connection of the caller to the
 * provider's Pods was by TLS with the server's identity, the provider counted TLS with the client's, and let in nobody without.
 */
export function linkerdVerdict(
  edge: Edge,
  callers: readonly Seen<LinkerdProxy>[],
  providers: readonly Seen<LinkerdProxy>[],
): EdgeVerdict {
  const from = proxiesOf(edge.source, callers);
  const to = proxiesOf(edge.destination, providers);
  const ips = new Set(providers.map(({ ip }) => ip));
  const sent = from.read.map(({ pod, proxy }) => ({ pod, samples: proxy.filter((each) => isSent(each, edge, ips)) }));
  const doubts = [
    ...from.doubts,
    ...to.doubts,
    ...sent.flatMap(({ pod, samples }) => samples.flatMap((sample) => wrongSending(edge, pod, sample))),
    ...to.read.flatMap(({ pod, proxy }) => letIn(edge, pod, proxy)),
  ];
  if (from.read.length === 0) return { secured: weigh(doubts) };
  const connections = sum(sent.flatMap(({ samples }) => samples));
  const received = sum(to.read.flatMap(({ proxy }) => proxy.filter((each) => isReceived(each, edge))));
  if (connections === 0) doubts.push(unknown('no traffic yet, and Linkerd shows TLS by its traffic only'));
  else if (to.read.length > 0 && received === 0)
    doubts.push(no(`${edge.destination} counted no TLS connection of ${edge.clientIdentity}`));
  return { secured: weigh(doubts), connections };
}

function isSent({ name, labels, value }: Sample, { port }: Edge, ips: ReadonlySet<string>): boolean {
  const { direction, peer, target_ip = '', target_port } = labels;
  return (
    name === opened &&
    direction === 'outbound' &&
    peer === 'dst' &&
    ips.has(target_ip) &&
    target_port === String(port) &&
    value > 0
  );
}

function isReceived({ name, labels }: Sample, { port, clientIdentity }: Edge): boolean {
  const { direction, peer, tls, client_id, target_port } = labels;
  return (
    name === opened &&
    direction === 'inbound' &&
    peer === 'src' &&
    tls === 'true' &&
    client_id === clientIdentity &&
    target_port === String(port)
  );
}

function wrongSending({ serverIdentity }: Edge, pod: string, { labels, value }: Sample): Doubt[] {
  const { tls, no_tls_reason: why, server_id: server, target_ip: to } = labels;
  if (tls !== 'true') return [no(`Pod ${pod}: ${value} connections to ${to} without TLS (${why ?? tls})`)];
  return server === serverIdentity ? [] : [no(`Pod ${pod}: ${value} connections to ${to} were to ${server}`)];
}

function letIn({ port }: Edge, pod: string, proxy: LinkerdProxy): Doubt[] {
  return proxy
    .filter(({ name, labels, value }) => admitted.includes(name) && labels.target_port === String(port) && value > 0)
    .filter(({ labels }) => labels.tls !== 'true')
    .map(({ labels, value }) =>
      no(`Pod ${pod} let ${value} in on port ${port} without TLS (${labels.no_tls_reason ?? labels.tls})`),
    );
}

function sum(samples: LinkerdProxy): number {
  return samples.reduce((total, { value }) => total + value, 0);
}
