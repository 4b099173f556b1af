import { expect, test } from 'vitest';
import { parseProgramOptions, UsageError } from './options.ts';

test('in a Pod its environment says what is needed', () => {
  const env = {
    ADMIN_PORT: '9090',
    POD_NAME: 'rollouts-1',
    POD_NAMESPACE: 'parley',
    ROLLOUTS_NAMESPACE: 'exchange',
    ROLLOUTS_MESH: 'istio',
  };
  expect(parseProgramOptions([], env)).toMatchObject({
    kubeconfig: undefined,
    namespace: 'exchange',
    leaseNamespace: 'parley',
    leaseMs: 15_000,
    identity: 'rollouts-1',
    metricsPort: 9090,
    evidence: { kind: 'envoy' },
  });
});

test('elsewhere the command line does', () => {
  const argv = [
    '--kubeconfig',
    '/k',
    '--namespace',
    'all',
    '--lease-namespace',
    'x',
    '--evidence',
    'totals=http://h:1/t',
  ];
  expect(parseProgramOptions(argv, {})).toMatchObject({
    kubeconfig: '/k',
    namespace: undefined,
    metricsPort: undefined,
    evidence: { kind: 'totals', at: 'http://h:1/t' },
  });
  const prometheus = ['--lease-namespace', 'x', '--evidence', 'prometheus:istio=http://p:9090'];
  const evidence = { kind: 'prometheus', dialect: 'istio', at: 'http://p:9090' };
  expect(parseProgramOptions(prometheus, {})).toMatchObject({ evidence });
});

test('a broker is asked with the name and password of the environment', () => {
  const argv = ['--lease-namespace', 'x', '--evidence', 'envoy', '--rabbitmq', 'http://rabbitmq.exchange:15672/'];
  const env = { RABBITMQ_USER: 'rollouts', RABBITMQ_PASSWORD: 'p' };
  const rabbitmq = { url: 'http://rabbitmq.exchange:15672', user: 'rollouts', password: 'p' };
  expect(parseProgramOptions(argv, env)).toMatchObject({ rabbitmq });
  expect(() => parseProgramOptions(argv, { RABBITMQ_USER: 'rollouts' })).toThrow(/RABBITMQ_PASSWORD is not set/);
  expect(() => parseProgramOptions(argv, { RABBITMQ_PASSWORD: 'p' })).toThrow(/RABBITMQ_USER is not set/);
});

test.each([
  [['--evidence', 'envoy'], /--lease-namespace/],
  [['--lease-namespace', 'x'], /--evidence is missing/],
  [['--lease-namespace', 'x', '--evidence', 'guess'], /--evidence guess/],
  [['--lease-namespace', 'x', '--evidence', 'envoy', '--lease-seconds', '0'], /--lease-seconds 0/],
  [
    ['--lease-namespace', 'x', '--evidence', 'envoy', '--rabbitmq', 'rabbitmq:15672'],
    /--rabbitmq rabbitmq:15672: not a URL/,
  ],
  [['--nonsense'], /nonsense/],
])('%s', (argv, reason) => {
  expect(() => parseProgramOptions(argv, {})).toThrow(UsageError);
  expect(() => parseProgramOptions(argv, {})).toThrow(reason);
});
