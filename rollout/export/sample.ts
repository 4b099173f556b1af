import type { RolloutPlan } from '../core/plan.ts';
import { parseRollout } from '../resource/parse.ts';
import { type RolloutSpec, rolloutKind } from '../resource/rollout.ts';
import type { ExportTarget } from './target.ts';

/** One rollout with what is known of its service, for the tests of every engine. */
export interface Sample {
  readonly plan: RolloutPlan;
  readonly target: ExportTarget;
}

const namespace = 'exchange';

const inIstio: ExportTarget = {
  namespace,
  port: 8080,
  protocol: 'http',
  mesh: 'istio',
  series: 'istio',
  prometheus: 'http://prometheus.observability.svc.cluster.local:9090',
  moreRoutes: ['edge-accounts'],
};

const inLinkerd: ExportTarget = { ...inIstio, mesh: 'linkerd', series: 'linkerd' };

/** By strategy, and by what is special about them. */
export const sampleNames = [
  'canary',
  'canary-limits',
  'blue-green',
  'blue-green-limit',
  'match',
  'mirror',
  'mirror-linkerd',
  'consumer',
  'grpc',
  'tcp',
  'uncounted',
] as const;
export type SampleName = (typeof sampleNames)[number];

const limit = { name: 'latency', latency: { quantile: '99%', limit: '250ms', bad: '10%' } };
const errors = { name: 'errors', errorRate: { good: '0.5%', bad: '2%' } };

type Part = Partial<RolloutSpec>;

const samples: Readonly<Record<SampleName, readonly [Part, ExportTarget]>> = {
  canary: [{}, inIstio],
  'canary-limits': [
    {
      stable: '1.4.0',
      strategy: {
        canary: {
          steps: [
            { weight: 5, minDuration: '30s' },
            { weight: 25, minDuration: '2m' },
          ],
        },
      },
      checks: [errors, limit],
      decision: { minRequests: 500, maxDuration: '20m', maxRequests: 100_000, onInconclusive: 'Pause' },
      gates: { contract: false, readinessTimeout: '2m' },
      noEvidence: { after: '1m', action: 'Stop' },
      paused: true,
      retry: 1,
    },
    { ...inLinkerd, moreRoutes: [] },
  ],
  'blue-green': [{ strategy: { blueGreen: { minDuration: '1m' } } }, inIstio],
  'blue-green-limit': [{ strategy: { blueGreen: { minDuration: '1m' } }, checks: [errors, limit] }, inIstio],
  match: [
    {
      strategy: {
        match: {
          any: [
            {
              headers: [
                { name: 'x-canary', value: '1' },
                { name: 'x-region', value: 'north' },
              ],
            },
            { cookies: [{ name: 'beta.user', value: 'yes' }] },
            { headers: [{ name: 'X-Canary', value: 'always' }] },
            {
              cookies: [
                { name: 'a', value: '1' },
                { name: 'b', value: '2' },
              ],
            },
          ],
          minDuration: '45s',
        },
      },
    },
    inIstio,
  ],
  mirror: [{ strategy: { mirror: { percent: 50, minDuration: '1m' } } }, inIstio],
  'mirror-linkerd': [{ strategy: { mirror: {} } }, inLinkerd],
  consumer: [{ strategy: { consumer: { pods: 4, steps: [1] } } }, inIstio],
  grpc: [{ service: 'orders' }, { ...inIstio, protocol: 'grpc', series: 'envoy', moreRoutes: ['edge-orders'] }],
  tcp: [{ service: 'payments' }, { ...inIstio, protocol: 'tcp', moreRoutes: [] }],
  uncounted: [
    {
      checks: [
        { name: 'gaps', counter: { name: 'sequence_gaps' } },
        { name: 'lag', gauge: { name: 'lag', limit: 100 } },
      ],
    },
    inIstio,
  ],
};

/** Parsed as the controller would. */
export function sample(name: SampleName): Sample {
  const [part, target] = samples[name];
  const spec: RolloutSpec = { service: 'accounts', candidate: '2.0.0', ...part };
  const plan = parseRollout({ ...rolloutKind, metadata: { name: spec.service, namespace }, spec });
  return { plan, target };
}
