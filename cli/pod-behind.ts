import type { Pod, Service } from 'kubernetes-types/core/v1.js';
import type { Cluster, ClusterObject } from './cluster.ts';
import { Failure } from './failure.ts';

/** Whether a Pod serves: ready, and not on its way out. Pure. */
export function serves({ metadata, status }: ClusterObject<Pod>): boolean {
  const ready = status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
  return ready && metadata?.deletionTimestamp === undefined;
}

/** A Pod that serves behind a Service. Fails when the Service is not there, or has none. */
export async function podBehind(cluster: Cluster, namespace: string, service: string): Promise<ClusterObject<Pod>> {
  const name = { apiVersion: 'v1', kind: 'Service', metadata: { name: service, namespace } };
  const found = await cluster.read<Service>(name);
  if (!found) {
    throw new Failure('NoService', `there is no Service ${service} in namespace ${namespace}`, {
      hint: `Type: kubectl get services -n ${namespace}`,
    });
  }
  const selector = found.spec?.selector ?? {};
  const pods = Object.keys(selector).length > 0 ? await cluster.list<Pod>('v1', 'Pod', namespace, selector) : [];
  const serving = pods.find(serves);
  if (serving) return serving;
  throw new Failure('NoPods', `Service ${service} in namespace ${namespace} has no ready Pod (of ${pods.length})`, {
    hint: `Type: kubectl get pods -n ${namespace}, kubectl describe pods -n ${namespace} -l ${selectorWords(selector)}`,
  });
}

function selectorWords(selector: Readonly<Record<string, string>>): string {
  return Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}
