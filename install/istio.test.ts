import { expect, test } from 'vitest';
import { istioOperator } from '../mesh/istio/install.ts';
import { meshDifferences } from './istio.ts';

const options = {
  trustDomain: 'cluster.local',
  capture: 'cni',
  collector: { service: 'collector.observability.svc.cluster.local', port: 4317 },
} as const;

test('a mesh as the kit installs it differs in nothing', () => {
  expect(meshDifferences(istioOperator(options).spec.meshConfig, options)).toEqual([]);
});

test('a mesh with its own defaults is described by what the kit would have otherwise', () => {
  expect(meshDifferences(undefined, options)).toEqual([
    'failed requests are tried again by default (meshConfig.defaultHttpRetryPolicy.attempts is not 0)',
    'no spans of sidecars (meshConfig.extensionProviders has no `parley`)',
  ]);
  const other = { trustDomain: 'td2', defaultHttpRetryPolicy: { attempts: 0 } };
  expect(meshDifferences(other, { ...options, collector: undefined })).toEqual([
    'trust domain td2 instead of cluster.local',
  ]);
});
