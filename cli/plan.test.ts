import { expect, test } from 'vitest';
import { completePlan, idleReleases, planOf, type RunningDeployment } from './plan.ts';
import type { Route } from './routes.ts';

function deployment(service: string, version: string, more: object = {}): RunningDeployment {
  const labels = { 'app.kubernetes.io/name': service, 'app.kubernetes.io/version': version };
  const name = `${service}-${version.replaceAll('.', '-')}`;
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, labels, ...more } };
}

function route(name: string, weights: Readonly<Record<string, number>>): Route {
  const backendRefs = Object.entries(weights).map(([backend, weight]) => ({ name: backend, weight }));
  return {
    metadata: { name },
    spec: { rules: [{ matches: [{}], backendRefs: [{ name: 'matched' }] }, { backendRefs }] },
  };
}

test('releases come from Deployments, weights from the last rule of the mesh route', () => {
  const edge = {
    ...deployment('edge', '1.31.1'),
    metadata: { name: 'edge', labels: { 'app.kubernetes.io/name': 'edge', 'app.kubernetes.io/version': '1.31.1' } },
  };
  const deployments = [deployment('accounts', '1.4.0'), deployment('accounts', '2.1.0-errors'), edge];
  const routes = new Map([['accounts', route('accounts', { 'accounts-1-4-0': 90, 'accounts-2-1-0-errors': 10 })]]);
  expect(planOf({ deployments, routes })).toEqual({ accounts: { '1.4.0': 90, '2.1.0-errors': 10 } });
});

test('a release without a route entry has no weight; one that is being deleted does not count', () => {
  const gone = deployment('orders', '1.4.0', { deletionTimestamp: '2026-01-01T00:00:00Z' });
  const observed = { deployments: [gone, deployment('orders', '2.0.0')], routes: new Map() };
  expect(planOf(observed)).toEqual({ orders: { '2.0.0': 0 } });
});

test('what runs is kept; services without traffic get the default beside what they have', () => {
  const defaults = { accounts: { '1.4.0': 100 }, orders: { '1.4.0': 100 } };
  expect(completePlan({ accounts: { '1.4.0': 0, '2.0.0': 100 } }, defaults)).toEqual({
    accounts: { '1.4.0': 0, '2.0.0': 100 },
    orders: { '1.4.0': 100 },
  });
  expect(completePlan({ orders: { '2.0.0': 0 } }, defaults).orders).toEqual({ '2.0.0': 0, '1.4.0': 100 });
});

test('a release without weight before and after is nothing that a change waits for', () => {
  const before = { accounts: { '1.4.0': 100, '2.0.0': 0, '2.1.0-crash': 0 } };
  const after = { accounts: { '1.4.0': 90, '2.0.0': 10, '2.1.0-crash': 0, '2.1.0-errors': 0 } };
  expect(idleReleases(before, after)).toEqual(new Set(['accounts-2-1-0-crash']));
});
