import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compile, meshOf, UnknownMeshError } from './compile.ts';
import { edgesOf, meshNames } from './intent.ts';
import { sampleIntent } from './intent-sample.ts';
import { describeObject, type KubeObject } from './objects.ts';
import { compareReleases, releaseName } from './release.ts';
import { IntentError } from './validate.ts';

const version = fc
  .tuple(fc.nat(9), fc.nat(20), fc.nat(9), fc.constantFrom('', '-errors', '-wrong-body', '-rc.1'))
  .map(([major, minor, patch, pre]) => `${major}.${minor}.${patch}${pre}`);
const split = fc
  .dictionary(version, fc.nat(1_000_000), { minKeys: 1, maxKeys: 6 })
  .filter((weights) => Object.values(weights).some((weight) => weight > 0));

function named(objects: readonly KubeObject[], kind: string, name: string): KubeObject {
  const found = objects.filter((object) => object.kind === kind && object.metadata.name === name);
  expect(found, `${kind} ${name}`).toHaveLength(1);
  return found[0]!;
}

function backends(service: string, weights: Readonly<Record<string, number>>) {
  return Object.keys(weights)
    .sort(compareReleases)
    .map((each) => ({
      group: '',
      kind: 'Service',
      name: releaseName(service, each),
      port: 8080,
      weight: weights[each],
    }));
}

test('an unknown mesh is refused with the list of those there are', () => {
  expect(() => compile(sampleIntent(), 'consul')).toThrow(UnknownMeshError);
  expect(() => meshOf('consul')).toThrow('unknown mesh `consul`; known: istio, linkerd');
});

test.each(meshNames)('%s: an invalid intent is refused before anything is compiled', (mesh) => {
  expect(() => compile(sampleIntent({ web: { port: 0 } }), mesh)).toThrow(IntentError);
});

describe.each(meshNames)('%s', (mesh) => {
  test('the mesh route and the edge route carry the weights of the split, whatever it is', () => {
    fc.assert(
      fc.property(split, split, (web, store) => {
        const { objects } = compile(sampleIntent({ web: { split: web }, store: { split: store } }), mesh);
        expect(named(objects, 'HTTPRoute', 'web')).toMatchObject({
          apiVersion: 'gateway.networking.k8s.io/v1',
          spec: {
            parentRefs: [{ group: '', kind: 'Service', name: 'web', port: 8080 }],
            rules: [{ backendRefs: backends('web', web) }],
          },
        });
        expect(named(objects, 'HTTPRoute', 'edge-web')).toMatchObject({
          spec: {
            parentRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'edge' }],
            rules: [{ matches: [{ path: { type: 'PathPrefix', value: '/shop' } }], backendRefs: backends('web', web) }],
          },
        });
        expect(named(objects, 'GRPCRoute', 'store')).toMatchObject({
          spec: {
            parentRefs: [{ group: '', kind: 'Service', name: 'store', port: 8080 }],
            rules: [{ backendRefs: backends('store', store) }],
          },
        });
        expect(named(objects, 'GRPCRoute', 'edge-store')).toMatchObject({
          spec: {
            rules: [
              {
                matches: [{ method: { type: 'Exact', service: 'shop.store.v1.Store' } }],
                backendRefs: backends('store', store),
              },
            ],
          },
        });
      }),
    );
  });

  test('a service without releases has no route', () => {
    const { objects } = compile(sampleIntent(), mesh);
    expect(objects.filter(({ kind, metadata }) => kind.endsWith('Route') && metadata.name.includes('db'))).toEqual([]);
  });

  test('every edge has exactly one AuthorizationPolicy, and there is none for a pair that is no edge', () => {
    const intent = sampleIntent();
    const { objects } = compile(intent, mesh);
    const allows = objects
      .filter(({ kind, metadata }) => kind === 'AuthorizationPolicy' && !metadata.name.endsWith('-from-outside'))
      .map(({ metadata }) => metadata.name)
      .filter((name) => name !== 'deny-all');
    expect(allows.sort()).toEqual(
      edgesOf(intent)
        .map(({ provider, caller }) => `${provider.name}-from-${caller}`)
        .sort(),
    );
  });

  test('a header match comes before the weights and sends everything to its release', () => {
    const match = [{ header: 'x-canary', value: '1', release: '2.0.0' }];
    const { objects } = compile(sampleIntent({ web: { match } }), mesh);
    const headers = [{ type: 'Exact', name: 'x-canary', value: '1' }];
    const canary = [{ group: '', kind: 'Service', name: 'web-2-0-0', port: 8080, weight: 1 }];
    const rest = backends('web', { '1.0.0': 90, '2.0.0': 10 });
    expect(named(objects, 'HTTPRoute', 'web')).toMatchObject({
      spec: { rules: [{ matches: [{ headers }], backendRefs: canary }, { backendRefs: rest }] },
    });
    expect(named(objects, 'HTTPRoute', 'edge-web')).toMatchObject({
      spec: {
        rules: [{ matches: [{ path: { value: '/shop' }, headers }] }, { matches: [{ path: { value: '/shop' } }] }],
      },
    });
  });

  test('a TCP service with releases gets a TCPRoute of the version that the mesh reads; a header match there is a finding', () => {
    const match = [{ header: 'x-canary', value: '1', release: '2.0.0' }];
    const { objects, notExpressed } = compile(sampleIntent({ db: { split: { '1.0.0': 3, '2.0.0': 1 }, match } }), mesh);
    expect(named(objects, 'TCPRoute', 'db')).toMatchObject({
      apiVersion: `gateway.networking.k8s.io/${mesh === 'istio' ? 'v1' : 'v1alpha2'}`,
      spec: {
        rules: [
          {
            backendRefs: [
              { name: 'db-1-0-0', weight: 3 },
              { name: 'db-2-0-0', weight: 1 },
            ],
          },
        ],
      },
    });
    expect(notExpressed).toContainEqual({
      object: 'TCPRoute shop/db',
      field: 'services[db].match',
      reason: 'TCP has no headers: connections follow the weights',
    });
  });

  test('nothing is tried again unless the intent asks for it', () => {
    expect(JSON.stringify(compile(sampleIntent(), mesh).objects)).not.toMatch(/retry/i);
  });

  test('the Gateway has the listeners of the intent, TLS ended with the named Secret', () => {
    const { objects } = compile(sampleIntent(), mesh);
    expect(named(objects, 'Gateway', 'edge')).toMatchObject({
      spec: {
        gatewayClassName: mesh === 'istio' ? 'istio' : 'parley',
        listeners: [
          { name: 'http', port: 8080, protocol: 'HTTP' },
          {
            name: 'https',
            port: 8443,
            protocol: 'HTTPS',
            tls: { mode: 'Terminate', certificateRefs: [{ name: 'edge-tls' }] },
          },
        ],
      },
    });
  });

  test('no two objects have one name', () => {
    const names = compile(sampleIntent({ tracing: { samplingPercent: 5 } }), mesh).objects.map(describeObject);
    expect(new Set(names).size).toBe(names.length);
  });
});

test('each mesh is told the protocol of a port in its own words', () => {
  const words = meshNames.map((mesh) =>
    (['http', 'grpc', 'tcp'] as const).map((each) => meshOf(mesh).appProtocol(each)),
  );
  expect(words).toEqual([
    ['http', 'grpc', 'tcp'],
    ['http', 'kubernetes.io/h2c', 'linkerd.io/opaque'],
  ]);
});
