import type { Construct } from 'constructs';
import { k8s } from '../charts/cdk8s-plus.ts';
import { rollouts as controller, monitoring } from '../mesh/exchange.ts';
import { serviceSelector } from '../mesh/objects.ts';
import type { ObservabilityContext } from './context.ts';
import { labels, namespace } from './names.ts';

/** Lets Prometheus see the Pods of the namespaces that it scrapes, and nothing else of the cluster. */
export function discovery(scope: Construct, { exchangeNamespace, mesh, rollouts }: ObservabilityContext): void {
  const name = `${monitoring.serviceAccount}-discovery`;
  const controllers = rollouts ? [controller.namespace] : [];
  for (const each of [namespace, exchangeNamespace, mesh.controlPlane.namespace, ...controllers]) {
    const metadata = { name, namespace: each, labels: { ...serviceSelector(monitoring.serviceAccount), ...labels } };
    new k8s.KubeRole(scope, `role-${each}`, {
      metadata,
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }],
    });
    new k8s.KubeRoleBinding(scope, `role-binding-${each}`, {
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name: monitoring.serviceAccount, namespace }],
    });
  }
}
