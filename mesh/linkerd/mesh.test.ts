import { expect, test } from 'vitest';
import { compile } from '../compile.ts';
import { sampleIntent } from '../intent-sample.ts';

const outlierDetection = { consecutiveErrors: 5, intervalMs: 500, baseEjectionMs: 2_000, maxEjectionPercent: 50 };

function compiled(change: Parameters<typeof sampleIntent>[0] = {}) {
  const result = compile(sampleIntent(change), 'linkerd');
  const find = (kind: string, name: string) =>
    result.objects.find((each) => each.kind === kind && each.metadata.name === name);
  return { ...result, find };
}

test('the namespace is injected and denies what no policy allows', () => {
  expect(compiled().namespace).toEqual({
    labels: {},
    annotations: { 'linkerd.io/inject': 'enabled', 'config.linkerd.io/default-inbound-policy': 'deny' },
  });
});

test('every port of a service has a Server that says its protocol and denies by default', () => {
  const { objects } = compiled();
  const servers = objects.filter(({ kind }) => kind === 'Server');
  expect(servers.map((each) => [each.metadata.name, each])).toEqual(
    (
      [
        ['web', 'web', 8080, 'HTTP/1'],
        ['web-admin', 'web', 9090, 'HTTP/1'],
        ['store', 'store', 8080, 'gRPC'],
        ['store-admin', 'store', 9090, 'HTTP/1'],
        ['db', 'db', 5432, 'opaque'],
        ['edge-http', 'edge', 8080, 'unknown'],
        ['edge-https', 'edge', 8443, 'TLS'],
        ['edge-admin', 'edge', 9090, 'HTTP/1'],
      ] as const
    ).map(([name, service, port, proxyProtocol]) => [
      name,
      expect.objectContaining({
        apiVersion: 'policy.linkerd.io/v1beta3',
        spec: {
          podSelector: { matchLabels: { 'app.kubernetes.io/name': service } },
          port,
          proxyProtocol,
          accessPolicy: 'deny',
        },
      }),
    ]),
  );
});

test('an edge asks for the ServiceAccount of its caller', () => {
  const { find } = compiled({ web: { serviceAccount: 'web-runner' } });
  expect(find('AuthorizationPolicy', 'store-from-web')).toHaveProperty('spec', {
    targetRef: { group: 'policy.linkerd.io', kind: 'Server', name: 'store' },
    requiredAuthenticationRefs: [{ group: 'policy.linkerd.io', kind: 'MeshTLSAuthentication', name: 'store-from-web' }],
  });
  expect(find('MeshTLSAuthentication', 'store-from-web')).toHaveProperty('spec', {
    identityRefs: [{ kind: 'ServiceAccount', name: 'web-runner' }],
  });
});

test('without a scraper the admin port is left to the probes: nothing authorizes anyone else', () => {
  const { objects } = compiled();
  expect(JSON.stringify(objects.filter(({ kind }) => kind === 'AuthorizationPolicy'))).not.toContain('-admin');
});

test('a scraper may read the metrics of each application and of each proxy, by its identity; no route hangs on a Server', () => {
  const { objects, find } = compiled({
    readers: [{ namespace: 'obs', serviceAccount: 'scraper', reads: 'pods' }],
  });
  expect(find('MeshTLSAuthentication', 'scraper')).toHaveProperty('spec', {
    identityRefs: [{ kind: 'ServiceAccount', name: 'scraper', namespace: 'obs' }],
  });
  expect(find('Server', 'linkerd-admin')).toHaveProperty('spec', {
    podSelector: {
      matchLabels: { 'app.kubernetes.io/part-of': 'exchange', 'app.kubernetes.io/managed-by': 'parley' },
    },
    port: 4191,
    proxyProtocol: 'HTTP/1',
    accessPolicy: 'deny',
  });
  const scrapes = objects.filter(({ metadata }) => metadata.name.endsWith('-from-scraper'));
  expect(scrapes).toEqual(
    ['linkerd-admin', 'web-admin', 'store-admin', 'edge-admin'].map((name) =>
      expect.objectContaining({
        kind: 'AuthorizationPolicy',
        spec: {
          targetRef: { group: 'policy.linkerd.io', kind: 'Server', name },
          requiredAuthenticationRefs: [{ group: 'policy.linkerd.io', kind: 'MeshTLSAuthentication', name: 'scraper' }],
        },
      }),
    ),
  );
  const parents = objects.filter(({ kind }) => kind.endsWith('Route')).map((route) => JSON.stringify(route));
  expect(parents.filter((route) => route.includes('"kind":"Server"'))).toEqual([]);
});

test('a reader of sidecars may read those and no application', () => {
  const { objects } = compiled({ readers: [{ namespace: 'judge', serviceAccount: 'reader', reads: 'sidecars' }] });
  const reads = objects.filter(({ metadata }) => metadata.name.endsWith('-from-reader'));
  expect(reads.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
    'AuthorizationPolicy linkerd-admin-from-reader',
  ]);
});

test('the Gateway is of a class that the kit brings along, which belongs to no namespace', () => {
  const { find } = compiled();
  expect(find('Gateway', 'edge')).toHaveProperty('spec.gatewayClassName', 'parley');
  expect(find('GatewayClass', 'parley')).toMatchObject({ spec: { controllerName: 'parley.dev/gateway' } });
  expect(find('GatewayClass', 'parley')?.metadata).not.toHaveProperty('namespace');
});

test('the listeners of the edge are open to clients outside the mesh', () => {
  const { find } = compiled();
  expect(find('NetworkAuthentication', 'edge-from-outside')).toHaveProperty('spec.networks', [
    { cidr: '0.0.0.0/0' },
    { cidr: '::/0' },
  ]);
  expect(find('AuthorizationPolicy', 'edge-https-from-outside')).toMatchObject({
    spec: { targetRef: { name: 'edge-https' }, requiredAuthenticationRefs: [{ kind: 'NetworkAuthentication' }] },
  });
});

test('retries and time-outs are annotations, for gRPC too; fields of rules would be ignored', () => {
  const { find, notExpressed } = compiled({
    web: { retry: { attempts: 2, on: [502, 503], perTryTimeoutMs: 250, backoffMs: 50 }, timeoutMs: 1_500 },
    store: { retry: { attempts: 1, on: ['unavailable', 'internal'] }, timeoutMs: 2_000 },
  });
  expect(find('HTTPRoute', 'web')?.metadata.annotations).toEqual({
    'retry.linkerd.io/http': '502,503',
    'retry.linkerd.io/limit': '2',
    'retry.linkerd.io/timeout': '250ms',
    'timeout.linkerd.io/request': '1500ms',
  });
  expect(find('GRPCRoute', 'store')?.metadata.annotations).toEqual({
    'retry.linkerd.io/grpc': 'unavailable,internal',
    'retry.linkerd.io/limit': '1',
    'timeout.linkerd.io/request': '2s',
  });
  expect(find('HTTPRoute', 'web')).not.toHaveProperty('spec.rules.0.retry');
  expect(find('HTTPRoute', 'web')).not.toHaveProperty('spec.rules.0.timeouts');
  expect(notExpressed.map(({ object, field }) => `${object} ${field}`)).toEqual([
    'HTTPRoute shop/web services[web].retry.backoffMs',
  ]);
});

test('failure accrual is an annotation of the apex Service; what it lacks is reported', () => {
  const { services, notExpressed } = compiled({ web: { outlierDetection } });
  expect(services).toEqual({
    web: {
      'balancer.linkerd.io/failure-accrual': 'consecutive',
      'balancer.linkerd.io/failure-accrual-consecutive-max-failures': '5',
      'balancer.linkerd.io/failure-accrual-consecutive-min-penalty': '2s',
    },
  });
  expect(notExpressed.map(({ field }) => field)).toEqual([
    'services[web].outlierDetection.intervalMs',
    'services[web].outlierDetection.maxEjectionPercent',
  ]);
});

test('what TCP and the control plane cannot be told by objects is reported', () => {
  const { notExpressed } = compiled({
    db: { split: { '1.0.0': 1 }, retry: { attempts: 1, on: [503] }, timeoutMs: 1_000, outlierDetection },
    tracing: { samplingPercent: 5 },
  });
  expect(notExpressed.map(({ field }) => field)).toEqual([
    'services[db].retry',
    'services[db].timeoutMs',
    'services[db].outlierDetection',
    'tracing.samplingPercent',
  ]);
});
