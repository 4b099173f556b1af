import { App, Chart } from 'cdk8s';
import { objectsOf } from '../../charts/chart-objects.ts';
import { closedNamespace } from '../../charts/closed-namespace.ts';
import { inOrder } from '../../charts/order.ts';
import { meshOf } from '../../mesh/compile.ts';
import type { KubeObject } from '../../mesh/objects.ts';
import { controller } from './controller.ts';
import type { DeployOptions } from './deploy-options.ts';
import { linkerdPolicy } from './linkerd-policy.ts';
import { labels, namespace } from './names.ts';
import { packets } from './packets.ts';
import { rights } from './rights.ts';

/**
 * The objects of the controller of rollouts, in the order in which they can be applied. The namespace of the exchange has to be there, because
 * the controller gets a Role in it. The same options always give the same bytes.
 * Throws UnknownMeshError and UnknownEnvironmentError.
 */
export function renderController(options: DeployOptions): KubeObject[] {
  const mesh = meshOf(options.mesh);
  const chart = new Chart(new App(), 'rollouts', { namespace, disableResourceNameHashes: true });
  closedNamespace(chart, { name: namespace, labels, mesh, capture: options.capture });
  rights(chart, options);
  packets(chart, mesh, options);
  controller(chart, mesh, options);
  return inOrder([...objectsOf(chart), ...linkerdPolicy(options)]);
}
