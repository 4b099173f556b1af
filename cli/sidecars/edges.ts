import { join } from 'node:path';
import { readCatalogue } from '../../charts/catalogue.ts';
import { runningDaemon } from '../../local/daemon/record.ts';
import { allowedEdges, type Edge, type EdgeVerdict, type Seen } from '../../mesh/edges/edge.ts';
import { envoyVerdict } from '../../mesh/envoy/edge-verdict.ts';
import { exchangeIntent } from '../../mesh/exchange.ts';
import type { IdentityForm } from '../../mesh/identity.ts';
import { linkerdVerdict } from '../../mesh/linkerd/edge-verdict.ts';
import type { Cluster } from '../cluster.ts';
import type { CommandContext } from '../command.ts';
import { currentPlan } from '../plan.ts';
import { choicesInForce } from '../rendering.ts';
import { stateFolder } from '../state-folder.ts';
import { openSidecars, type ProxyPlace, proxyPlaces, type SidecarAdmin, type Sidecars } from './admin.ts';
import { lookAtEnvoy, lookAtLinkerd, lookAtPods } from './pods.ts';

/** An allowed edge of the running exchange, and what its sidecars show. */
export type ExchangeEdge = Edge & EdgeVerdict;

/** How the proxies of one kind are read and judged. */
interface Kind<Proxy> {
  readonly place: ProxyPlace;
  readonly form: IdentityForm;
  read(admin: SidecarAdmin): Promise<Proxy>;
  judge(edge: Edge, callers: readonly Seen<Proxy>[], providers: readonly Seen<Proxy>[], nowMs: number): EdgeVerdict;
}

const envoys = { place: proxyPlaces.istio, form: 'spiffe', read: lookAtEnvoy, judge: envoyVerdict } as const;
const linkerdProxies = {
  place: proxyPlaces.linkerd,
  form: 'linkerd',
  read: lookAtLinkerd,
  judge: linkerdVerdict,
} as const;

/** Looks at the sidecars of every Pod of the exchange, once each. Fails when nothing runs. */
export async function lookAtEdges(context: CommandContext, cluster: Cluster): Promise<ExchangeEdge[]> {
  const { mesh } = await choicesInForce(cluster, context);
  // The sidecars of the embedded cluster are Envoys whatever mesh its objects are of.
  const linkerd = mesh === 'linkerd' && !runningDaemon(stateFolder(context).path);
  return linkerd ? look(context, cluster, linkerdProxies) : look(context, cluster, envoys);
}

async function look<Proxy>(context: CommandContext, cluster: Cluster, kind: Kind<Proxy>): Promise<ExchangeEdge[]> {
  const catalogue = readCatalogue(join(context.repo, 'services'));
  const edges = allowedEdges(exchangeIntent(catalogue, await currentPlan(cluster)), kind.form);
  const sidecars = openSidecars(context, cluster, kind.place);
  try {
    const seen = await lookAtAll(cluster, sidecars, edges, kind);
    const of = (service: string) => seen.get(service) ?? [];
    return edges.map((edge) => ({
      ...edge,
      ...kind.judge(edge, of(edge.source), of(edge.destination), context.epochMs()),
    }));
  } finally {
    await sidecars.close();
  }
}

async function lookAtAll<Proxy>(
  cluster: Cluster,
  sidecars: Sidecars,
  edges: readonly Edge[],
  { read }: Kind<Proxy>,
): Promise<Map<string, Seen<Proxy>[]>> {
  const services = [...new Set(edges.flatMap(({ source, destination }) => [source, destination]))];
  const all = services.map(async (service) => [service, await lookAtPods(cluster, sidecars, service, read)] as const);
  return new Map(await Promise.all(all));
}
