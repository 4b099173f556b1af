import { App, Chart } from 'cdk8s';
import { objectsOf } from '../charts/chart-objects.ts';
import { closedNamespace } from '../charts/closed-namespace.ts';
import { environmentOf } from '../charts/environments.ts';
import { inOrder } from '../charts/order.ts';
import { meshOf } from '../mesh/compile.ts';
import type { KubeObject } from '../mesh/objects.ts';
import { collector } from './collector.ts';
import type { ObservabilityContext, ObservabilityOptions } from './context.ts';
import { grafana } from './grafana.ts';
import { jaeger } from './jaeger.ts';
import { linkerdPolicy } from './linkerd-policy.ts';
import { labels, namespace, type ObservabilityPart, observabilityParts } from './names.ts';
import { assertParts } from './parts-error.ts';
import { prometheus } from './prometheus.ts';
import { sizes } from './sizes.ts';

const builders: Readonly<Record<ObservabilityPart, (chart: Chart, context: ObservabilityContext) => void>> = {
  collector,
  prometheus,
  jaeger,
  grafana,
};

/**
 * The objects of observability in the order in which they can be applied; none for no parts. The namespaces of the exchange and of the mesh's
 * control plane have to be there, because Prometheus gets a Role in each. The same options always give the same bytes.
 * Throws PartsError, UnknownMeshError and UnknownEnvironmentError.
 */
export function renderObservability(options: ObservabilityOptions): KubeObject[] {
  const parts = observabilityParts.filter((part) => options.parts.includes(part));
  if (parts.length === 0) return [];
  assertParts(parts);
  const context: ObservabilityContext = {
    ...options,
    parts,
    mesh: meshOf(options.mesh),
    environment: environmentOf(options.env),
    sizes: sizes[options.env],
    images: options.images ?? {},
  };
  const chart = new Chart(new App(), 'observability', { namespace, disableResourceNameHashes: true });
  closedNamespace(chart, { ...context, name: namespace, labels });
  for (const part of parts) builders[part](chart, context);
  return inOrder([...objectsOf(chart), ...linkerdPolicy(context)]);
}
