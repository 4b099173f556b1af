import type { CheckSpec } from './rollout.ts';

/** Of shares that must stay small: failing requests, wrong answers, gaps. */
const share = { good: '0.1%', bad: '5%' } as const;

/** What holds where a Rollout says nothing, in the resource's own writing. The schema's descriptions and rules read this table too. */
export const defaults = {
  retry: 0,
  canary: { weights: [10, 50] },
  mirror: { percent: 100 },
  minDuration: '0s',
  checks: [
    { name: 'errors', errorRate: {} },
    { name: 'latency', latency: {} },
  ] satisfies readonly CheckSpec[],
  errorRate: share,
  body: share,
  counter: share,
  latency: { quantile: '95%', ratio: '150%', bad: '20%' },
  gauge: { for: '10s' },
  decision: {
    falseAlarm: '0.01%',
    missed: '0.01%',
    falseBlame: '0.1%',
    minRequests: 0,
    maxDuration: '10m',
    onInconclusive: 'Rollback',
  },
  gates: { contract: true, readinessTimeout: '60s' },
  noEvidence: { after: '30s', action: 'Wait' },
  calls: { rate: 10, method: 'GET' },
} as const;
