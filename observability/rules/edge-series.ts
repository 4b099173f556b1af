import { grpcStatuses } from '../../mesh/grpc-statuses.ts';
import { quoted, type Relabel, sumBy } from '../../mesh/promql.ts';
import type { RecordingRule } from './rule.ts';

/** Labels of every recorded series about an edge; `namespace` and `release` are the destination's. */
const edgeLabels = ['namespace', 'source', 'destination', 'release', 'protocol'] as const;

/** Labels of a recorded series about all callers of a release. */
const releaseLabels = ['namespace', 'destination', 'release'] as const;

const failed = `code_class=~"5xx|none"`;
const judged = `code_class!="cancelled"`;

/** Calls of the mesh, each once, as one source tells of them. */
export interface EdgeSource {
  /** Rates with the labels of an edge and `code_class`; their label sets do not meet. */
  readonly requests: readonly string[];
  /** Rates of histogram buckets with the labels of an edge and `le`. */
  readonly durationBuckets: readonly string[];
  /** Milliseconds of one unit of `le`. */
  readonly msPerUnit: 1 | 1000;
}

/** Sets `code_class` from a label that holds gRPC statuses by number or by name. */
export function grpcClasses(label: string, by: 'code' | 'name'): readonly Relabel[] {
  return (['2xx', '4xx', '5xx', 'cancelled'] as const).map((codeClass) => ({
    target: 'code_class',
    replacement: codeClass,
    source: label,
    pattern: grpcStatuses
      .filter((status) => status.class === codeClass)
      .map((status) => status[by])
      .join('|'),
  }));
}

/** The caller is the Pod whose proxy was scraped. */
export const sourceIsScraped: Relabel = {
  target: 'source',
  replacement: '$1',
  source: 'service',
  pattern: '(.+)',
};

/** Our own series about edges out of those of one mesh, then what follows from them. */
export function edgeRules({ requests, durationBuckets, msPerUnit }: EdgeSource): readonly RecordingRule[] {
  return [
    ...requests.map((expr) => ({
      record: 'parley:requests:rate1m',
      expr: sumBy([...edgeLabels, 'code_class'], expr),
    })),
    { record: 'parley:request_success:ratio1m', expr: success(edgeLabels) },
    { record: 'parley:release_success:ratio1m', expr: success(releaseLabels) },
    ...durationBuckets.map((expr) => ({
      record: 'parley:request_duration_bucket:rate1m',
      expr: sumBy([...edgeLabels, 'le'], expr),
    })),
    ...quantiles('parley:request_latency_ms', edgeLabels, msPerUnit),
    ...quantiles('parley:release_latency_ms', [...releaseLabels, 'protocol'], msPerUnit),
    { record: 'parley:release_share:ratio1m', expr: share() },
  ];
}

/** No traffic gives no ratio: `> 0` drops what would be 0/0. */
function success(labels: readonly string[]): string {
  const all = sumBy(labels, `parley:requests:rate1m{${judged}}`);
  const bad = sumBy(labels, `parley:requests:rate1m{${failed}}`);
  return `1 - (${bad} or 0 * ${all}) / (${all} > 0)`;
}

/** `>= 0` drops the NaN of a histogram without observations. */
function quantiles(record: string, labels: readonly string[], msPerUnit: number): RecordingRule[] {
  const buckets = sumBy([...labels, 'le'], 'parley:request_duration_bucket:rate1m');
  return [50, 95, 99].map((percent) => ({
    record: `${record}:p${percent}`,
    expr: `${msPerUnit} * histogram_quantile(${percent / 100}, ${buckets}) >= 0`,
  }));
}

function share(): string {
  const ofService = releaseLabels.filter((label) => label !== 'release');
  const all = sumBy(ofService, 'parley:requests:rate1m');
  return `${sumBy(releaseLabels, 'parley:requests:rate1m')} / on (${ofService.join(', ')}) group_left () (${all} > 0)`;
}

/** A label whose values are names of releases' Services, such as `accounts-2-1-0-errors` (mesh/release.ts). */
export function isRelease(label: string, before = '', after = ''): string {
  return `${label}=~${quoted(`${before}.+-[0-9]+-[0-9]+-[0-9]+(-[a-z0-9-]+)?${after}`)}`;
}

/**
 * Reads service and release out of the name of a release's Service. A dot inside a pre-release is a dash in the name and stays
 * one: `2.1.0-rc.1` comes back as `2.1.0-rc-1`.
 */
export function fromReleaseName(label: string, before = '', after = ''): readonly Relabel[] {
  const pattern = `${before}(.+?)-([0-9]+)-([0-9]+)-([0-9]+)(-[a-z0-9-]+)?${after}`;
  return [
    { target: 'destination', replacement: '$1', source: label, pattern },
    { target: 'release', replacement: '$2.$3.$4$5', source: label, pattern },
  ];
}
