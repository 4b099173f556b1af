import { type Doubt, type Edge, type EdgeVerdict, no, proxiesOf, type Seen, unknown, weigh } from '../edges/edge.ts';
import { type Certificate, readCertificates } from './certificates.ts';
import { type Configured, chainsFor, readConfigDump, type Upstream } from './config-dump.ts';
import { type Connections, readConnections } from './connections.ts';
import { readHandshakes } from './handshakes.ts';

/** What an Envoy beside a Pod's program says of itself. */
export interface Envoy extends Configured {
  readonly certificates: readonly Certificate[];
  readonly connections: readonly Connections[];
  readonly handshakes: ReadonlyMap<string, number>;
}

/** Answers of the admin interface, as texts. */
export interface EnvoyAnswers {
  readonly certificates: string;
  readonly configDump: string;
  readonly connections: string;
  readonly handshakes: string;
}

/** Throws AnswerError. */
export function readEnvoy(answers: EnvoyAnswers): Envoy {
  return {
    ...readConfigDump(answers.configDump),
    certificates: readCertificates(answers.certificates),
    connections: readConnections(answers.connections),
    handshakes: readHandshakes(answers.handshakes),
  };
}

/**
 * Whether an edge is mutual TLS between the right two, by what the Envoys on both sides have and do: the caller presents the
 * client's identity and sends to every Pod of the provider by TLS that takes no other name than the server's; the provider
 * presents that name and has no way in without a client's certificate.
 */
export function envoyVerdict(
  edge: Edge,
  callers: readonly Seen<Envoy>[],
  providers: readonly Seen<Envoy>[],
  nowMs: number,
): EdgeVerdict {
  const from = proxiesOf(edge.source, callers);
  const to = proxiesOf(edge.destination, providers);
  const sent = from.read.map(({ pod, proxy }) => sentBy(edge, pod, proxy, providers));
  const counts = sent.flatMap(({ count }) => count);
  const doubts = [
    ...from.doubts,
    ...to.doubts,
    ...from.read.flatMap(({ pod, proxy }) => presents(pod, proxy, edge.clientIdentity, nowMs)),
    ...sent.flatMap((each) => each.doubts),
    ...to.read.flatMap(({ pod, proxy }) => [
      ...presents(pod, proxy, edge.serverIdentity, nowMs),
      ...waysIn(edge, pod, proxy),
    ]),
  ];
  if (counts.length === 0) return { secured: weigh(doubts) };
  const connections = sum(counts.map(({ opened }) => opened));
  const counted = counts.flatMap(({ handshakes }) => handshakes ?? []);
  if (counted.length < counts.length) return { secured: weigh(doubts), connections };
  const handshakes = sum(counted);
  const mute = connections > 0 && handshakes === 0 ? [no(`${connections} connections and not one TLS handshake`)] : [];
  return { secured: weigh([...doubts, ...mute]), connections, handshakes };
}

function presents(pod: string, { certificates }: Envoy, identity: string, nowMs: number): Doubt[] {
  const own = certificates.filter(({ identities }) => identities.includes(identity));
  if (own.length === 0) {
    const shown = certificates.flatMap(({ identities }) => identities).join(', ') || 'none with an identity';
    return [no(`Pod ${pod} presents no certificate of ${identity} (${shown})`)];
  }
  if (own.some(({ notBeforeMs, notAfterMs }) => notBeforeMs <= nowMs && nowMs < notAfterMs)) return [];
  const ends = new Date(Math.max(...own.map(({ notAfterMs }) => notAfterMs))).toISOString();
  return [no(`Pod ${pod} presents a certificate of ${identity} that is not valid now (ends ${ends})`)];
}

/** What a caller does towards the provider's Pods, and how often it did it. */
function sentBy(edge: Edge, pod: string, proxy: Envoy, providers: readonly Seen<Envoy>[]) {
  const ways = providers.map((provider) => ({
    provider,
    upstreams: proxy.upstreams.filter(({ ip }) => ip === provider.ip),
  }));
  const doubts = ways.flatMap(({ provider, upstreams }) => {
    if (upstreams.length === 0) return [unknown(`the sidecar of Pod ${pod} has no way to Pod ${provider.pod}`)];
    return upstreams.flatMap((upstream) => wrongSending(edge, pod, upstream));
  });
  const ips = new Set(providers.map(({ ip }) => ip));
  const clusters = new Set(ways.flatMap(({ upstreams }) => upstreams.map(({ cluster }) => cluster)));
  const count = [...clusters].map((cluster) => ({
    opened: sum(
      proxy.connections.filter((each) => each.cluster === cluster && ips.has(each.ip)).map((one) => one.opened),
    ),
    handshakes: proxy.handshakes.get(cluster),
  }));
  return { doubts, count };
}

function wrongSending({ serverIdentity }: Edge, pod: string, { cluster, sending }: Upstream): Doubt[] {
  const where = `Pod ${pod}, cluster ${cluster}`;
  if (!sending.tls) return [no(`${where}: sends by ${sending.by}`)];
  if (!sending.presents) return [no(`${where}: sends by TLS without a certificate of its own`)];
  if (sending.expects.length === 0) return [no(`${where}: takes any server for ${serverIdentity}`)];
  const others = sending.expects.filter((name) => name !== serverIdentity);
  return others.length > 0 ? [no(`${where}: also takes ${others.join(', ')} for the server`)] : [];
}

function waysIn({ port }: Edge, pod: string, { inbound }: Envoy): Doubt[] {
  const chains = chainsFor(inbound, port);
  if (chains.length === 0) return [unknown(`the sidecar of Pod ${pod} shows no way in to port ${port}`)];
  return chains.flatMap(({ name, taking }) => {
    if (!taking.tls) return [no(`Pod ${pod}, filter chain ${name}: takes plain text`)];
    return taking.wantsClient ? [] : [no(`Pod ${pod}, filter chain ${name}: takes clients without a certificate`)];
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
