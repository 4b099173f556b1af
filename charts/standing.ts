import type { Construct } from 'constructs';
import { ownLabels, serviceSelector } from '../mesh/objects.ts';
import { k8s } from './cdk8s-plus.ts';
import type { ChartContext } from './context.ts';
import type { Environment } from './environments.ts';
import { networkPolicy } from './network-policy.ts';

/**
 * What a service has once, whatever its releases: the ServiceAccount that is its identity in the mesh, its NetworkPolicy and its
 * PodDisruptionBudget. `disruption` is that of the environment unless the service is a single Pod by nature.
 */
export function standing(
  scope: Construct,
  context: ChartContext,
  service: string,
  disruption: Environment['disruption'] = context.environment.disruption,
): void {
  const metadata = { name: service, labels: { ...serviceSelector(service), ...ownLabels } };
  new k8s.KubeServiceAccount(scope, `service-account-${service}`, { metadata, automountServiceAccountToken: false });
  networkPolicy(scope, context, service);
  new k8s.KubePodDisruptionBudget(scope, `pod-disruption-budget-${service}`, {
    metadata,
    spec: {
      selector: { matchLabels: serviceSelector(service) },
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      ...('minAvailable' in disruption
        ? { minAvailable: k8s.IntOrString.fromNumber(disruption.minAvailable) }
        : { maxUnavailable: k8s.IntOrString.fromNumber(disruption.maxUnavailable) }),
    },
  });
}
