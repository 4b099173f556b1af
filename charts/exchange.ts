import { App, Chart, JsonPatch } from 'cdk8s';
import { ownLabels } from '../mesh/objects.ts';
import type { Catalogue } from './catalogue.ts';
import { k8s } from './cdk8s-plus.ts';
import type { ChartContext } from './context.ts';
import { edge } from './edge.ts';
import { denyByDefault } from './network-policy.ts';
import { database } from './postgres.ts';
import { service } from './service.ts';

/**
 * Everything that runs, as one chart: cdk8s works through the whole app once per chart, so that a chart per service takes time
 * quadratic in their number. Objects carry the names of docs/architecture.md, without hashes.
 */
export function exchangeChart(context: ChartContext, catalogue: Catalogue): Chart {
  const { namespace } = context.intent;
  const chart = new Chart(new App(), 'exchange', { namespace, disableResourceNameHashes: true });
  const { labels, annotations } = context.compiled.namespace;
  const object = new k8s.KubeNamespace(chart, 'namespace', {
    metadata: {
      name: namespace,
      labels: {
        ...ownLabels,
        // An init container that redirects traffic needs NET_ADMIN, which only `privileged` allows.
        'pod-security.kubernetes.io/enforce': context.capture === 'cni' ? 'restricted' : 'privileged',
        'pod-security.kubernetes.io/warn': 'restricted',
        ...labels,
      },
      ...(Object.keys(annotations).length > 0 ? { annotations: { ...annotations } } : {}),
    },
  });
  object.addJsonPatch(JsonPatch.remove('/metadata/namespace'));
  denyByDefault(chart);
  edge(chart, context);
  for (const entry of catalogue) service(chart, context, entry);
  database(chart, context, catalogue);
  return chart;
}
