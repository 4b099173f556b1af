import { quoted, rate, rateWindow, sumBy } from '../../mesh/promql.ts';
import { spanMetrics } from '../collector-config.ts';
import { lines, type PanelBuilder } from './panel.ts';

const buckets = `${spanMetrics.prefix}_duration_milliseconds_bucket`;
const calls = `${spanMetrics.prefix}_calls_total`;

/** Time of server spans, with exemplars that lead to their traces in Jaeger. */
export function spanLatency(selector: string, width = 12): PanelBuilder {
  const server = `${selector}, span_kind="SPAN_KIND_SERVER"`;
  return lines({
    title: 'Latency of spans, with traces',
    description:
      'The 95th percentile of server spans. A dot is the trace of one call: a click opens it in Jaeger. It is measured by the collector, so sampling applies.',
    unit: 'ms',
    width,
    queries: [
      {
        expr: `histogram_quantile(0.95, ${sumBy(['service_name', 'le'], rate(`${buckets}{${server}}`))})`,
        legend: '{{service_name}} p95',
        exemplar: true,
      },
    ],
  });
}

/** Spans that ended in an error, by what they were about. */
export function spanErrors(selector: string, width = 12): PanelBuilder {
  return lines({
    title: 'Spans by outcome',
    description: `Spans per second over ${rateWindow}, by the status that the program gave them.`,
    unit: 'reqps',
    width,
    queries: [
      {
        expr: sumBy(
          ['service_name', 'status_code'],
          rate(`${calls}{${selector}, span_kind=${quoted('SPAN_KIND_SERVER')}}`),
        ),
        legend: '{{service_name}} {{status_code}}',
      },
    ],
  });
}
