/** Where a Linkerd proxy serves its metrics (https://linkerd.io/2/reference/proxy-metrics/). */
export const proxyMetricsPath = '/metrics';

/** One series of a metric, with its value. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A line of metrics that does not follow the format. */
export class MetricsError extends Error {
  readonly code = 'BadMetrics';
  readonly hint = 'Type: linkerd diagnostics proxy-metrics POD   (it shows the whole answer)';

  constructor(line: string) {
    super(`not a line of Prometheus' text format: ${line}`);
    this.name = 'MetricsError';
  }
}

const series = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$/;
const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)",?/y;
const escapes: Readonly<Record<string, string>> = { n: '\n' };

/** Series of the names that are wanted, in Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/). Throws MetricsError. */
export function readSamples(text: string, wanted: ReadonlySet<string>): Sample[] {
  return text.split('\n').flatMap((line) => {
    if (line === '' || line.startsWith('#')) return [];
    const found = series.exec(line);
    if (!found) throw new MetricsError(line);
    const [, name = '', labels = '', value = ''] = found;
    return wanted.has(name) ? [{ name, labels: readLabels(labels, line), value: Number(value) }] : [];
  });
}

function readLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (label.lastIndex = 0; label.lastIndex < text.length; ) {
    const found = label.exec(text);
    if (!found) throw new MetricsError(line);
    const [, name = '', value = ''] = found;
    labels[name] = value.replace(/\\(.)/g, (_, escaped: string) => escapes[escaped] ?? escaped);
  }
  return labels;
}
