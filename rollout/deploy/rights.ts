import type { Construct } from 'constructs';
import { k8s } from '../../charts/cdk8s-plus.ts';
import { secretContracts } from '../../charts/secrets.ts';
import { serviceSelector } from '../../mesh/objects.ts';
import type { DeployOptions } from './deploy-options.ts';
import { labels, leaseName, name, namespace } from './names.ts';

/** A rule of a Role; see https://kubernetes.io/docs/reference/access-authn-authz/rbac/. */
export interface Right {
  readonly apiGroups: readonly [string];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
  /** What the controller could not do without it. */
  readonly why: string;
}

const seen = ['get', 'list', 'watch'];

/** In the namespace whose releases are rolled out. Nothing is said for a whole cluster. */
export const rightsOnReleases: readonly Right[] = [
  { apiGroups: ['parley.dev'], resources: ['rollouts'], verbs: [...seen, 'patch'], why: 'its finalizer' },
  { apiGroups: ['parley.dev'], resources: ['rollouts/status'], verbs: ['patch'], why: 'where a rollout is' },
  {
    apiGroups: ['gateway.networking.k8s.io'],
    resources: ['httproutes', 'grpcroutes', 'tcproutes'],
    verbs: [...seen, 'patch'],
    why: 'weights, matches and mirrors',
  },
  {
    apiGroups: ['apps'],
    resources: ['deployments'],
    verbs: seen,
    why: 'which releases there are, and their contracts',
  },
  { apiGroups: ['apps'], resources: ['deployments/scale'], verbs: ['patch'], why: 'Pods of competing consumers' },
  { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'], why: 'whose sidecars count' },
  {
    apiGroups: [''],
    resources: ['secrets'],
    resourceNames: [secretContracts.rolloutCalls.name],
    verbs: ['get'],
    why: 'credentials of calls of its own',
  },
  { apiGroups: [''], resources: ['events'], verbs: ['create'], why: 'what people are told' },
];

/** In its own namespace. `create` cannot be narrowed to a name: the name is in the object that is sent. */
export const rightsAtHome: readonly Right[] = [
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'], why: 'to be the first leader' },
  {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    resourceNames: [leaseName],
    verbs: ['get', 'update', 'delete'],
    why: 'to lead, to know who does, and to give it back at the end',
  },
];

/** Its Roles, each bound to its ServiceAccount. */
export function rights(scope: Construct, { exchangeNamespace }: DeployOptions): void {
  bound(scope, exchangeNamespace, rightsOnReleases);
  bound(scope, namespace, rightsAtHome);
}

function bound(scope: Construct, where: string, own: readonly Right[]): void {
  const metadata = { name, namespace: where, labels: { ...serviceSelector(name), ...labels } };
  new k8s.KubeRole(scope, `role-${where}`, {
    metadata,
    rules: own.map(({ apiGroups, resources, verbs, resourceNames }) => ({
      apiGroups: [...apiGroups],
      resources: [...resources],
      ...(resourceNames ? { resourceNames: [...resourceNames] } : {}),
      verbs: [...verbs],
    })),
  });
  new k8s.KubeRoleBinding(scope, `role-binding-${where}`, {
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  });
}
