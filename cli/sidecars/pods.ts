import type { Pod } from 'kubernetes-types/core/v1.js';
import type { Seen } from '../../mesh/edges/edge.ts';
import { certificatesPath } from '../../mesh/envoy/certificates.ts';
import { configDumpPath } from '../../mesh/envoy/config-dump.ts';
import { connectionsPath } from '../../mesh/envoy/connections.ts';
import { type Envoy, readEnvoy } from '../../mesh/envoy/edge-verdict.ts';
import { handshakesPath } from '../../mesh/envoy/handshakes.ts';
import { type LinkerdProxy, readLinkerdProxy } from '../../mesh/linkerd/edge-verdict.ts';
import { proxyMetricsPath } from '../../mesh/linkerd/proxy-metrics.ts';
import { ownLabels, serviceSelector } from '../../mesh/objects.ts';
import type { Cluster, ClusterObject } from '../cluster.ts';
import { messageOf } from '../failure.ts';
import { serves } from '../pod-behind.ts';
import { namespace } from '../routes.ts';
import type { SidecarAdmin, Sidecars } from './admin.ts';

/** Pods of a service of the exchange, or of its edge, that serve. */
export async function servingPods(cluster: Cluster, service: string): Promise<ClusterObject<Pod>[]> {
  const pods = await cluster.list<Pod>('v1', 'Pod', namespace, { ...ownLabels, ...serviceSelector(service) });
  return pods.filter(serves).sort((a, b) => nameOf(a).localeCompare(nameOf(b), 'en'));
}

/** What every Pod of a service shows of its proxy, in the order of the Pods' names. */
export async function lookAtPods<Proxy>(
  cluster: Cluster,
  sidecars: Sidecars,
  service: string,
  read: (admin: SidecarAdmin) => Promise<Proxy>,
): Promise<Seen<Proxy>[]> {
  return Promise.all(
    (await servingPods(cluster, service)).map(async (pod): Promise<Seen<Proxy>> => {
      const at = { pod: nameOf(pod), ip: pod.status?.podIP ?? '' };
      const around = pod.status?.conditions?.find(
        ({ type, status }) => type === 'parley.dev/Isolated' && status === 'False',
      );
      if (around) return { ...at, state: 'none', reason: around.message ?? 'it is not isolated' };
      try {
        const admin = await sidecars.admin(pod);
        if (!admin) return { ...at, state: 'none', reason: 'it has no sidecar' };
        return { ...at, state: 'read', proxy: await read(admin) };
      } catch (error) {
        return { ...at, state: 'unread', reason: messageOf(error) };
      }
    }),
  );
}

/** What an Envoy tells of itself. Fails when an answer does not come or cannot be understood. */
export async function lookAtEnvoy(admin: SidecarAdmin): Promise<Envoy> {
  return readEnvoy({
    certificates: await admin.get(certificatesPath),
    configDump: await admin.get(configDumpPath),
    connections: await admin.get(connectionsPath),
    handshakes: await admin.get(handshakesPath),
  });
}

/** What a Linkerd proxy counted. */
export async function lookAtLinkerd(admin: SidecarAdmin): Promise<LinkerdProxy> {
  return readLinkerdProxy(await admin.get(proxyMetricsPath));
}

function nameOf({ metadata }: ClusterObject<Pod>): string {
  return metadata?.name ?? '';
}
