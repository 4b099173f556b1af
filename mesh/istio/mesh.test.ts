import { expect, test } from 'vitest';
import { compile } from '../compile.ts';
import { sampleIntent } from '../intent-sample.ts';
import { type InstallOptions, istioOperator, tracingProvider } from './install.ts';

const outlierDetection = { consecutiveErrors: 5, intervalMs: 500, baseEjectionMs: 2_000, maxEjectionPercent: 50 };

function compiled(change: Parameters<typeof sampleIntent>[0] = {}) {
  const { objects, notExpressed } = compile(sampleIntent(change), 'istio');
  const find = (kind: string, name: string) =>
    objects.find((each) => each.kind === kind && each.metadata.name === name);
  return { objects, notExpressed, find };
}

test('plain text is refused and nobody may call anybody', () => {
  const { find } = compiled();
  expect(find('PeerAuthentication', 'default')).toMatchObject({
    metadata: { namespace: 'shop' },
    spec: { mtls: { mode: 'STRICT' } },
  });
  expect(find('AuthorizationPolicy', 'deny-all')).toHaveProperty('spec', {});
});

test('an edge allows one principal to reach one port of one service', () => {
  expect(compiled().find('AuthorizationPolicy', 'store-from-web')).toHaveProperty('spec', {
    selector: { matchLabels: { 'app.kubernetes.io/name': 'store' } },
    action: 'ALLOW',
    rules: [
      {
        from: [{ source: { principals: ['cluster.local/ns/shop/sa/web'] } }],
        to: [{ operation: { ports: ['8080'] } }],
      },
    ],
  });
});

test('clients outside reach the listeners of the gateway and no other port of it', () => {
  expect(compiled().find('AuthorizationPolicy', 'edge-from-outside')).toHaveProperty('spec', {
    selector: { matchLabels: { 'app.kubernetes.io/name': 'edge' } },
    action: 'ALLOW',
    rules: [{ to: [{ operation: { ports: ['8080', '8443'] } }] }],
  });
});

test('the Gateway is served by the Deployment of the kit, not by one that Istio makes', () => {
  expect(compiled().find('Gateway', 'edge')).toHaveProperty('spec.addresses', [
    { type: 'Hostname', value: 'edge.shop.svc.cluster.local' },
  ]);
});

test('retries and time-outs are fields of both HTTP routes', () => {
  const retry = { attempts: 2, on: [502, 503], perTryTimeoutMs: 250, backoffMs: 50 };
  const { find, notExpressed } = compiled({ web: { retry, timeoutMs: 1_500 } });
  const rule = {
    retry: { codes: [502, 503], attempts: 2, backoff: '50ms' },
    timeouts: { request: '1s500ms', backendRequest: '250ms' },
  };
  for (const name of ['web', 'edge-web']) expect(find('HTTPRoute', name)).toMatchObject({ spec: { rules: [rule] } });
  expect(notExpressed).toEqual([]);
});

test('what GRPCRoute and TCPRoute have no field for is reported, not dropped', () => {
  const { find, notExpressed } = compiled({
    store: { retry: { attempts: 1, on: ['unavailable'] }, timeoutMs: 1_000 },
    db: { split: { '1.0.0': 1 }, retry: { attempts: 1, on: [503] }, timeoutMs: 1_000 },
  });
  expect(notExpressed.map(({ object, field }) => `${object} ${field}`)).toEqual([
    'GRPCRoute shop/store services[store].retry',
    'GRPCRoute shop/store services[store].timeoutMs',
    'TCPRoute shop/db services[db].retry',
    'TCPRoute shop/db services[db].timeoutMs',
  ]);
  expect(JSON.stringify(find('GRPCRoute', 'store'))).not.toMatch(/retry|timeout/i);
});

test('each release has its own outlier detection, for its own Service', () => {
  const { objects } = compiled({ web: { outlierDetection } });
  const rules = objects.filter(({ kind }) => kind === 'DestinationRule');
  expect(rules.map(({ metadata }) => metadata.name)).toEqual(['web-1-0-0', 'web-2-0-0']);
  expect(rules[0]).toHaveProperty('spec', {
    host: 'web-1-0-0.shop.svc.cluster.local',
    trafficPolicy: {
      outlierDetection: { consecutive5xxErrors: 5, interval: '500ms', baseEjectionTime: '2s', maxEjectionPercent: 50 },
    },
  });
});

test('spans go to the provider that the installer declares, and only when asked for', () => {
  expect(compiled().objects.filter(({ kind }) => kind === 'Telemetry')).toEqual([]);
  expect(compiled({ tracing: { samplingPercent: 5 } }).find('Telemetry', 'tracing')).toHaveProperty('spec.tracing', [
    { providers: [{ name: tracingProvider }], randomSamplingPercentage: 5 },
  ]);
  const { spec } = operator({ collector: { service: 'otel.obs.svc.cluster.local', port: 4317 } });
  expect(spec.meshConfig.extensionProviders).toEqual([
    { name: tracingProvider, opentelemetry: { service: 'otel.obs.svc.cluster.local', port: 4317 } },
  ]);
});

function operator(change: Partial<InstallOptions> = {}) {
  return istioOperator({ trustDomain: 'cluster.local', capture: 'cni', ...change });
}

test('the installer switches retries off mesh-wide, and by default runs without NET_ADMIN', () => {
  expect(operator().spec).toMatchObject({
    profile: 'minimal',
    hub: 'docker.io/istio',
    tag: '1.31.1',
    meshConfig: { defaultHttpRetryPolicy: { attempts: 0 }, extensionProviders: [] },
    components: { cni: { enabled: true } },
    values: { pilot: { cni: { enabled: true } } },
  });
});

test('capture by an init container leaves the CNI plug-in out altogether', () => {
  const { components, values } = operator({ capture: 'init' }).spec;
  expect(components).toBeUndefined();
  expect(values.pilot.cni).toEqual({ enabled: false });
});

test('what readers need beyond the counters that Istio keeps is asked for on Pods, each counter once, and nothing where nobody reads', () => {
  const reader = { namespace: 'obs', serviceAccount: 'scraper', reads: 'pods' } as const;
  const { sidecar, pod } = compile(
    sampleIntent({
      readers: [
        { ...reader, envoyCounters: ['cluster\\.a', 'cluster\\.b'] },
        { ...reader, reads: 'sidecars', envoyCounters: ['cluster\\.b', 'cluster\\.c'] },
      ],
    }),
    'istio',
  );
  expect(JSON.parse(sidecar.annotations['proxy.istio.io/config'] ?? '')).toEqual({
    proxyStatsMatcher: { inclusionRegexps: ['cluster\\.a', 'cluster\\.b', 'cluster\\.c'] },
  });
  expect(pod.annotations).toHaveProperty(['prometheus.io/scrape'], 'true');
  const none = { labels: {}, annotations: {} };
  expect(compile(sampleIntent(), 'istio').sidecar).toEqual(none);
  expect(compile(sampleIntent({ readers: [{ ...reader, reads: 'sidecars' }] }), 'istio')).toMatchObject({
    sidecar: none,
    pod: none,
  });
});
