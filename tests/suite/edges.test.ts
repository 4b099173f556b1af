import type { Deployment } from 'kubernetes-types/apps/v1.js';
import { afterAll, beforeAll, expect } from 'vitest';
import { identityOf } from '../../mesh/identity.ts';
import { edgesOf, notSecured } from '../allowed-edges.ts';
import { conversations } from '../edges.ts';
import { eventually } from '../eventually.ts';
import { type Exchange, startExchange } from '../exchange.ts';
import { test } from './suite.ts';

let exchange: Exchange;
beforeAll(async () => {
  exchange = await startExchange();
  await exchange.parley('try');
});
afterAll(() => exchange?.stop());

test('every edge of the exchange is shown with both identities, is secured, and has had connections', async () => {
  const { target, mesh } = exchange.place;
  const form = mesh === 'linkerd' && target === 'kind' ? 'linkerd' : 'spiffe';
  const identity = (serviceAccount: string) =>
    identityOf(form, { trustDomain: 'cluster.local', namespace: 'exchange', serviceAccount });
  const { code, edges } = await edgesOf(exchange);
  expect(notSecured(edges)).toEqual([]);
  expect(code).toBe(0);
  const wanted = conversations
    .flatMap(({ provider, callers }) => callers.map((caller) => ({ src: caller, dst: provider })))
    .map((edge) => ({ ...edge, client_identity: identity(edge.src), server_identity: identity(edge.dst) }));
  expect(edges).toHaveLength(wanted.length);
  for (const edge of wanted) {
    expect(edges).toContainEqual(expect.objectContaining({ ...edge, secured: true, reason: null }));
  }
  const used = edges.filter(({ src, dst }) => `${src} ${dst}` === 'edge accounts' || dst === 'postgres');
  expect(
    used.map(({ connections }) => connections ?? 0).every((count) => count > 0),
    JSON.stringify(used),
  ).toBe(true);
});

test('the check can fail: with a Pod outside the mesh behind identity, no edge to identity is secured', async () => {
  await exchange.attemptKubectl(['create', '-f', '-'], JSON.stringify(await outsidePod('identity-1-0-0')));
  try {
    const { code, edges } = await eventually(
      'the Pod serves',
      60_000,
      () => edgesOf(exchange),
      (seen) => seen.code !== 0,
    );
    expect(code).toBe(3);
    const callers = conversations.find(({ provider }) => provider === 'identity')?.callers ?? [];
    expect(notSecured(edges)).toHaveLength(callers.length);
    for (const line of notSecured(edges)) expect(line).toMatch(/-> identity: Pod outside is not in the mesh/);
    expect(
      edges
        .filter(({ secured }) => secured === false)
        .map(({ src }) => src)
        .sort(),
    ).toEqual([...callers].sort());
  } finally {
    await exchange.kubectl('delete', 'pod', 'outside', '--wait=true');
  }
  await eventually(
    'all secured again',
    30_000,
    async () => notSecured((await edgesOf(exchange)).edges),
    (left) => left.length === 0,
  );
});

/** A Pod of a release as its Deployment has it, but without a sidecar, and ready as soon as it runs. */
async function outsidePod(deployment: string): Promise<object> {
  const { spec } = await exchange.get<Deployment>('deployment', deployment);
  const { metadata, spec: pod } = spec?.template ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'outside',
      labels: { ...metadata?.labels, 'sidecar.istio.io/inject': 'false' },
      annotations: { ...metadata?.annotations, 'linkerd.io/inject': 'disabled' },
    },
    spec: {
      ...pod,
      containers: pod?.containers.map(({ readinessProbe: _, livenessProbe: __, startupProbe: ___, ...rest }) => rest),
    },
  };
}
