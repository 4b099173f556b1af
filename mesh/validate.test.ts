import { expect, test } from 'vitest';
import { edgesOf, serviceAccountOf } from './intent.ts';
import { sampleIntent } from './intent-sample.ts';
import { assertValid, IntentError, validateIntent } from './validate.ts';

test('a sound intent has no problems', () => {
  expect(validateIntent(sampleIntent())).toEqual([]);
});

test('everything that is wrong is reported at once, with the path of each field', () => {
  const intent = sampleIntent({
    namespace: 'Shop',
    trustDomain: '',
    gateway: {
      name: 'edge',
      listeners: [
        { name: 'http', port: 8080, protocol: 'HTTP' },
        { name: 'https', port: 8080, protocol: 'HTTPS' },
      ],
    },
    web: {
      port: 70_000,
      split: { '1.0.0': -1, latest: 1.5 },
      match: [{ header: '', value: '1', release: '3.0.0' }],
      retry: { attempts: 0, on: [200, 503, 503], perTryTimeoutMs: 900 },
      timeoutMs: 500,
      allow: ['ghost', 'web'],
    },
    store: {
      split: { '1.0.0': 0 },
      retry: { attempts: 2, on: ['unavailable', 503] },
      outlierDetection: { consecutiveErrors: 0, intervalMs: 0, baseEjectionMs: 1, maxEjectionPercent: 101 },
      edge: { paths: ['/x'] },
    },
    tracing: { samplingPercent: 200 },
  });
  expect(validateIntent(intent).map(({ field }) => field)).toEqual([
    'namespace',
    'trustDomain',
    'gateway.listeners[https].certificate',
    'gateway.listeners',
    'services[web].port',
    'services[web].split[1.0.0]',
    'services[web].split[latest]',
    'services[web].split[latest]',
    'services[web].match[0].header',
    'services[web].match[0].release',
    'services[web].allow',
    'services[web].allow',
    'services[web].retry.attempts',
    'services[web].retry.on',
    'services[web].retry.on',
    'services[web].retry.perTryTimeoutMs',
    'services[web].allow',
    'services[store].split',
    'services[store].retry.on',
    'services[store].outlierDetection.consecutiveErrors',
    'services[store].outlierDetection.intervalMs',
    'services[store].outlierDetection.maxEjectionPercent',
    'services[store].edge.paths',
    'tracing.samplingPercent',
  ]);
});

test('the error names each field and what is known', () => {
  const attempt = () => assertValid(sampleIntent({ web: { allow: ['edge', 'ghost'] } }));
  expect(attempt).toThrow(IntentError);
  expect(attempt).toThrow('services[web].allow: `ghost` is no service; known: edge, web, store, db');
});

test('two services cannot have one name or one path', () => {
  const intent = sampleIntent({
    store: { name: 'web', protocol: 'http', edge: { paths: ['/shop'] }, allow: ['edge'] },
  });
  const reasons = validateIntent(intent).map(({ field, reason }) => `${field}: ${reason}`);
  expect(reasons).toContain('services[web]: is there more than once');
  expect(reasons).toContain('services[web].edge: `/shop` already leads to web');
});

test('a service cannot take the name of the gateway, and edge paths must be paths', () => {
  const fields = validateIntent(
    sampleIntent({ db: { name: 'edge' }, web: { edge: { paths: ['shop', '/a/', '/b?c'] } } }),
  );
  expect(fields.filter(({ field }) => field === 'services[edge].name')).toHaveLength(1);
  expect(fields.filter(({ field }) => field === 'services[web].edge.paths')).toHaveLength(3);
});

test('callers are known by their ServiceAccount, the gateway by its own', () => {
  const intent = sampleIntent({ web: { serviceAccount: 'web-runner' } });
  expect(
    edgesOf(intent).map(({ provider, caller }) => `${serviceAccountOf(intent, caller)} -> ${provider.name}`),
  ).toEqual(['edge -> web', 'edge -> store', 'web-runner -> store', 'store -> db']);
  expect(() => serviceAccountOf(intent, 'ghost')).toThrow('no service `ghost`');
});
