import { expect, test } from 'vitest';
import { renderObservability } from './render.ts';
import { sampleOptions } from './sample.ts';

const policies = ['Server', 'AuthorizationPolicy', 'MeshTLSAuthentication'];
const objects = renderObservability(sampleOptions({ mesh: 'linkerd' }));
const named = (kind: string) => objects.filter((each) => each.kind === kind);

test('under Istio there is no policy of Linkerd, and its sidecars stay out', () => {
  const istio = renderObservability(sampleOptions());
  expect(istio.filter(({ kind }) => policies.includes(kind))).toEqual([]);
  expect(istio[0]?.metadata.labels).toMatchObject({ 'istio-injection': 'disabled' });
});

test('under Linkerd the namespace is in the mesh and refuses whom no policy names', () => {
  expect(objects[0]?.metadata.annotations).toEqual({
    'linkerd.io/inject': 'enabled',
    'config.linkerd.io/default-inbound-policy': 'deny',
  });
});

test('spans are taken from every ServiceAccount of the exchange and from nobody else', () => {
  const exchange = named('MeshTLSAuthentication').find(({ metadata }) => metadata.name === 'exchange');
  expect(exchange).toHaveProperty('spec', {
    identities: ['*.exchange.serviceaccount.identity.linkerd.cluster.local'],
  });
  const allowed = named('AuthorizationPolicy').map(({ metadata }) => metadata.name);
  expect(allowed.filter((name) => /^collector-431[78]-/.test(name))).toEqual([
    'collector-4317-from-exchange',
    'collector-4318-from-exchange',
  ]);
});

test('every authorization names a Server and an identity that are there', () => {
  const servers = named('Server').map(({ metadata }) => metadata.name);
  const identities = named('MeshTLSAuthentication').map(({ metadata }) => metadata.name);
  const policy = named('AuthorizationPolicy');
  expect(policy.length).toBe(9);
  for (const each of policy) {
    const { targetRef, requiredAuthenticationRefs } = Object(each).spec;
    expect(servers).toContain(targetRef.name);
    for (const { name } of requiredAuthenticationRefs) expect(identities).toContain(name);
  }
});
