import { timestamp } from '../store/object-meta.ts';
import { notFound } from '../store/status.ts';
import { unknownResource } from './resource.ts';
import type { ResourcePath } from './resource-path.ts';
import { labelSelector } from './selectors.ts';
import { type ApiContext, type Call, json, type PodUsage, type Reply } from './types.ts';

const apiVersion = 'metrics.k8s.io/v1beta1';
const kibibyte = 1024;

const amounts = (cpuNanoCores: number, memoryBytes: number) => ({
  cpu: `${Math.round(cpuNanoCores)}n`,
  memory: `${Math.ceil(memoryBytes / kibibyte)}Ki`,
});

function podMetrics(context: ApiContext, usage: PodUsage) {
  const labels = context.store.get('Pod', usage.name, usage.namespace)?.metadata.labels;
  return {
    kind: 'PodMetrics',
    apiVersion,
    metadata: { name: usage.name, namespace: usage.namespace, ...(labels ? { labels } : {}) },
    timestamp: timestamp(context.clock.now()),
    window: '15s',
    containers: usage.containers.map(({ name, cpuNanoCores, memoryBytes }) => ({
      name,
      usage: amounts(cpuNanoCores, memoryBytes),
    })),
  };
}

/** The one node uses what all Pods use together. */
function nodeMetrics(context: ApiContext) {
  const containers = [...context.usage.pods()].flatMap((pod) => pod.containers);
  const cpu = containers.reduce((sum, { cpuNanoCores }) => sum + cpuNanoCores, 0);
  const memory = containers.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
  return context.store.list('Node').items.map(({ metadata }) => ({
    kind: 'NodeMetrics',
    apiVersion,
    metadata: { name: metadata.name, labels: metadata.labels ?? {} },
    timestamp: timestamp(context.clock.now()),
    window: '15s',
    usage: amounts(cpu, memory),
  }));
}

/** metrics.k8s.io: what `kubectl top` reads. */
export function metrics(context: ApiContext, call: Call, path: ResourcePath): Reply {
  if (call.method !== 'GET' || !['pods', 'nodes'].includes(path.plural)) throw unknownResource();
  const inScope = ({ namespace }: PodUsage) => path.namespace === undefined || namespace === path.namespace;
  const fits = labelSelector(call.query.get('labelSelector') ?? '');
  const pods = () =>
    [...context.usage.pods()].filter((usage) => {
      const pod = context.store.get('Pod', usage.name, usage.namespace);
      return inScope(usage) && pod !== undefined && fits(pod);
    });
  const all = path.plural === 'nodes' ? nodeMetrics(context) : pods().map((usage) => podMetrics(context, usage));
  if (path.name === undefined) {
    const kind = path.plural === 'nodes' ? 'NodeMetricsList' : 'PodMetricsList';
    return json(200, { kind, apiVersion, metadata: {}, items: all });
  }
  const one = all.find(({ metadata }) => metadata.name === path.name);
  if (!one) throw notFound({ plural: path.plural, group: 'metrics.k8s.io' }, path.name);
  return json(200, one);
}
