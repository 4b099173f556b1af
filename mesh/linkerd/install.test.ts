import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { installValues } from './install.ts';

const collector = { endpoint: 'otel.obs:4317', serviceAccount: 'otel', namespace: 'obs' };

/** `<value> <type>`, one a line, of the chart `linkerd-control-plane` of the pinned release. */
const chartKeys = new Set(
  readFileSync(new URL('./chart-keys.golden.txt', import.meta.url), 'utf8')
    .trim()
    .split('\n'),
);

function keysOf(value: object, path: readonly string[] = []): string[] {
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? keysOf(inner, [...path, key])
      : [`${[...path, key].join('.')} ${typeof inner}`],
  );
}

const unknown = (values: object) => keysOf(values).filter((key) => !chartKeys.has(key));

test('the chart knows every value, with its type', () => {
  for (const capture of ['cni', 'init'] as const) {
    const values = installValues({ trustDomain: 'cluster.local', capture, collector });
    expect(keysOf(values)).toHaveLength(12);
    expect(unknown(values)).toEqual([]);
  }
});

test('a value that the chart does not know, or of another type, would be found', () => {
  expect(unknown({ version: 'edge-26.6.3', proxy: { defaultPolicy: 'deny', nativeSidecar: 'true' } })).toEqual([
    'version string',
    'proxy.defaultPolicy string',
    'proxy.nativeSidecar string',
  ]);
});

test('nobody is let in by default, and the collector is known by its identity', () => {
  expect(installValues({ trustDomain: 'shop.local', capture: 'cni', collector })).toMatchObject({
    cniEnabled: true,
    identityTrustDomain: 'shop.local',
    webhookFailurePolicy: 'Fail',
    proxy: {
      defaultInboundPolicy: 'deny',
      nativeSidecar: true,
      tracing: {
        enabled: true,
        collector: { endpoint: 'otel.obs:4317', meshIdentity: { serviceAccountName: 'otel', namespace: 'obs' } },
      },
    },
  });
});

test('capture by init containers leaves the plug-in off; without a collector nothing is traced', () => {
  const values = installValues({ trustDomain: 'cluster.local', capture: 'init' });
  expect(values.cniEnabled).toBe(false);
  expect(values.proxy.tracing).toEqual({ enabled: false });
});
