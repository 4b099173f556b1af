import { expect, test } from 'vitest';
import { describeObject, type KubeObject } from '../../mesh/objects.ts';
import { leaseName as controllersLease } from '../controller/controller.ts';
import { leaseName } from './names.ts';
import { renderController } from './render.ts';
import { type Right, rightsAtHome, rightsOnReleases } from './rights.ts';
import { sampleOptions } from './sample.ts';

const objects = renderController(sampleOptions());

/** Everything that the controller may do, one line each. */
function lines(right: Right): string[] {
  const [group] = right.apiGroups;
  return right.resources.map((resource) => {
    const where = right.resourceNames ? ` ${right.resourceNames.join(',')}` : '';
    return `${resource}${group ? `.${group}` : ''}${where}: ${right.verbs.join(' ')}`;
  });
}

test('it may do this in the exchange, and no more', () => {
  expect(rightsOnReleases.flatMap(lines)).toEqual([
    'rollouts.parley.dev: get list watch patch',
    'rollouts/status.parley.dev: patch',
    'httproutes.gateway.networking.k8s.io: get list watch patch',
    'grpcroutes.gateway.networking.k8s.io: get list watch patch',
    'tcproutes.gateway.networking.k8s.io: get list watch patch',
    'deployments.apps: get list watch',
    'deployments/scale.apps: patch',
    'pods: list watch',
    'secrets rollout-calls: get',
    'events: create',
  ]);
});

test('it may do this at home, and no more', () => {
  expect(rightsAtHome.flatMap(lines)).toEqual([
    'leases.coordination.k8s.io: create',
    'leases.coordination.k8s.io parley-rollouts: get update delete',
  ]);
});

test('each Role is bound to its ServiceAccount; nothing is granted for the whole cluster, and no star', () => {
  const kinds = objects.filter(({ apiVersion }) => apiVersion.startsWith('rbac.'));
  expect(kinds.map(describeObject).sort()).toEqual([
    'Role exchange/rollouts',
    'Role parley/rollouts',
    'RoleBinding exchange/rollouts',
    'RoleBinding parley/rollouts',
  ]);
  for (const binding of kinds.filter(({ kind }) => kind === 'RoleBinding')) {
    expect(binding).toMatchObject({
      roleRef: { kind: 'Role', name: 'rollouts' },
      subjects: [{ kind: 'ServiceAccount', name: 'rollouts', namespace: 'parley' }],
    } satisfies Partial<Record<keyof KubeObject | 'roleRef' | 'subjects', unknown>>);
  }
  expect(JSON.stringify(kinds)).not.toContain('*');
});

test('the Lease that it may have is the one that it asks for', () => {
  expect(leaseName).toBe(controllersLease);
});
