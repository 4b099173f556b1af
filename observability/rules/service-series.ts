import { rate, sumBy } from '../../mesh/promql.ts';
import type { RecordingRule } from './rule.ts';

/** Labels of a recorded series about what a service says of itself (services/kit/metrics.ts). */
const operationLabels = ['namespace', 'service', 'release', 'operation'] as const;

/** What services tell of themselves; whoever called, and whether the mesh saw it or not. */
export const serviceRules: readonly RecordingRule[] = [
  {
    record: 'parley:service_requests:rate1m',
    expr: sumBy([...operationLabels, 'contract', 'caller', 'outcome'], rate('parley_requests_total')),
  },
  { record: 'parley:service_success:ratio1m', expr: success() },
  ...[50, 95, 99].map((percent) => ({
    record: `parley:service_latency_ms:p${percent}`,
    expr: `1000 * histogram_quantile(${percent / 100}, ${sumBy(
      [...operationLabels, 'le'],
      rate('parley_request_duration_seconds_bucket'),
    )}) >= 0`,
  })),
  {
    record: 'parley:service_in_flight:sum',
    expr: sumBy(['namespace', 'service', 'release'], 'parley_requests_in_flight'),
  },
  {
    record: 'parley:contract_fallbacks:rate1m',
    expr: sumBy(['namespace', 'service', 'release', 'provider', 'contract'], rate('parley_contract_fallbacks_total')),
  },
];

function success(): string {
  const labels = ['namespace', 'service', 'release'];
  const all = sumBy(labels, 'parley:service_requests:rate1m');
  const bad = sumBy(labels, 'parley:service_requests:rate1m{outcome="error"}');
  return `1 - (${bad} or 0 * ${all}) / (${all} > 0)`;
}
