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

test.each([
  [['--evidence', 'envoy'], /--lease-namespace/],
  [['--lease-namespace', 'x'], /--evidence is missing/],
  [['--lease-namespace', 'x', '--evidence', 'guess'], /--evidence guess/],
  [['--lease-namespace', 'x', '--evidence', 'envoy', '--lease-seconds', '0'], /--lease-seconds 0/],
  [['--nonsense'], /nonsense/],
])('%s', (argv, reason) => {
  expect(() => parseProgramOptions(argv, {})).toThrow(UsageError);
  expect(() => parseProgramOptions(argv, {})).toThrow(reason);
});
