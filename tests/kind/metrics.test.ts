import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dashboards } from '../../observability/dashboards/dashboards.ts';
import { queriesOf } from '../../observability/dashboards/queries-of.ts';
import { renderObservability } from '../../observability/render.ts';
import { isAlert } from '../../observability/rules/rule.ts';
import { ruleGroups } from '../../observability/rules/rules.ts';
import { sampleOptions } from '../../observability/sample.ts';
import { eventually } from '../eventually.ts';
import { docker, removeContainers } from './container.ts';
import { Scenario } from './metrics/exposition.ts';
import { gatewayOf, type PrometheusRun, startPrometheus } from './metrics/prometheus-run.ts';
import { servePods } from './metrics/scraped-pods.ts';

/**
 * The rendered configuration of Prometheus, with its rules, over the metrics of each source: every rule and every query of every
 * dashboard returns series, the figures are the same whichever mesh they come from, and every alert fires when it has to and only then.
 */
const sources = [
  { mesh: 'istio', meshMetrics: 'standard' },
  { mesh: 'istio', meshMetrics: 'envoy' },
  { mesh: 'linkerd', meshMetrics: 'standard' },
] as const;

const deadlineMs = 60_000;

/** Alerts on what is not there; all others need something that is wrong. */
const onAbsence = ['ParleyCollectorSilent', 'ParleyNoMeshTelemetry', 'ParleyServicesNotScraped'];

/** Edges with calls while all is well (metrics/recorded/README.md). */
const edges = [
  'edge accounts 1.4.0 http',
  'edge portfolio 1.4.0 http',
  'portfolio accounts 1.4.0 http',
  'portfolio accounts 2.0.0 http',
  'portfolio orders 1.4.0 grpc',
];

/** The tests of a source run in their order: nothing is there, then all is well, then there are faults. */
describe.each(sources)('$mesh, metrics: $meshMetrics', (source) => {
  const network = `parley-metrics-${process.pid}-${source.mesh}-${source.meshMetrics}`;
  const scenario = new Scenario(() => performance.now());
  const rules = ruleGroups(source).flatMap((group) => group.rules);
  const boards = dashboards(source).map(({ json }) => queriesOf(json));
  let pods: Awaited<ReturnType<typeof servePods>> | undefined;
  let prometheus: PrometheusRun;

  beforeAll(async () => {
    await docker(['network', 'create', network]);
    pods = await servePods(await gatewayOf(network), source.mesh, source.meshMetrics, scenario);
    const objects = renderObservability(sampleOptions({ ...source, parts: ['collector', 'prometheus'] }));
    scenario.begin('dark');
    prometheus = await startPrometheus(network, objects, pods.targets);
  });

  afterAll(async () => {
    await prometheus?.end();
    await removeContainers(network);
    await pods?.end();
    await docker(['network', 'rm', network]);
  });

  test('where nothing is there, that is what fires', async () => {
    await firesExactly(prometheus, onAbsence);
  });

  test('every rule returns series', async () => {
    scenario.begin('well');
    const recording = rules.flatMap((rule) => (isAlert(rule) ? [] : rule.expr));
    expect(recording.length).toBeGreaterThan(20);
    await allReturnSeries(prometheus, recording);
  });

  test('every query of every dashboard returns series', async () => {
    const panels = boards.flatMap((board) => board.panels.map(filled));
    expect(panels.length).toBeGreaterThan(70);
    await allReturnSeries(prometheus, panels);
  });

  test('every variable has values to choose from', async () => {
    const asked = boards.flatMap((board) => board.variables);
    expect(asked.length).toBe(boards.length * 3);
    for (const { series, label } of asked) {
      const path = `label/${label}/values?${new URLSearchParams({ 'match[]': filled(series) })}`;
      expect(await prometheus.get<string[]>(path), series).not.toEqual([]);
    }
  });

  test('shares, success and latency are those of the calls', () => figuresAreThoseOfTheCalls(prometheus));

  test('no alert fires while all is well', () => firesExactly(prometheus, []));

  test('every alert fires when what it watches for happens, and says what about', async () => {
    scenario.begin('fault');
    const watched = rules.filter(isAlert).map(({ alert }) => alert);
    await firesExactly(prometheus, watched.filter((name) => !onAbsence.includes(name)).sort());
    await failsExactly(prometheus, ['accounts 2.0.0', 'orders 1.4.0']);
    for (const { labels, annotations } of await prometheus.alerts()) {
      expect(Object.values(annotations).join(' '), labels.alertname).not.toMatch(/<no value>|%!|\{\{| {2}|^ /);
    }
  });

  test('annotations of dashboards mark what happened', async () => {
    const marks = new Set(boards.flatMap((board) => board.annotations.map(filled)));
    expect(marks.size).toBe(4);
    for (const expr of marks) expect(await prometheus.series(expr, 300), expr).toBeGreaterThan(0);
  });
});

/** The query with all values of every variable. */
function filled(expr: string): string {
  return expr.replace(/\$(namespace|service|release)\b/g, '.*');
}

async function withoutSeries(prometheus: PrometheusRun, exprs: readonly string[]): Promise<string[]> {
  const empty: string[] = [];
  for (const expr of exprs) if ((await prometheus.query(expr)).length === 0) empty.push(expr);
  return empty;
}

async function allReturnSeries(prometheus: PrometheusRun, exprs: readonly string[]): Promise<void> {
  const look = () => withoutSeries(prometheus, exprs);
  await eventually('queries without series', deadlineMs, look, (empty) => empty.length === 0);
}

/** Names of the alerts that fire come to be these, in their order. */
async function firesExactly(prometheus: PrometheusRun, names: readonly string[]): Promise<void> {
  const firing = async () => {
    const alerts = (await prometheus.alerts()).filter(({ state }) => state === 'firing');
    return [...new Set(alerts.map(({ labels }) => String(labels.alertname)))].sort();
  };
  await eventually('alerts that fire', deadlineMs, firing, (seen) => isDeepStrictEqual(seen, names));
}

/** Values of a series by its labels, with two digits: a window that is not full yet is a little off. */
async function figures(prometheus: PrometheusRun, series: string, labels: readonly string[]) {
  const samples = await prometheus.query(series);
  return Object.fromEntries(
    samples.map(({ metric, value }) => [
      labels.map((label) => metric[label]).join(' '),
      Math.round(Number(value[1]) * 100) / 100,
    ]),
  );
}

async function figuresAreThoseOfTheCalls(prometheus: PrometheusRun): Promise<void> {
  const shares = { 'accounts 1.4.0': 0.8, 'accounts 2.0.0': 0.2, 'orders 1.4.0': 1, 'portfolio 1.4.0': 1 };
  const edge = ['source', 'destination', 'release', 'protocol'];
  const each = (value: number) => Object.fromEntries(edges.map((name) => [name, value]));
  const expected = { shares, success: each(1), p50: each(37.5) };
  const look = async () => ({
    shares: await figures(prometheus, 'parley:release_share:ratio1m', ['destination', 'release']),
    success: await figures(prometheus, 'parley:request_success:ratio1m', edge),
    p50: await figures(prometheus, 'parley:request_latency_ms:p50', edge),
  });
  await eventually('figures', deadlineMs, look, (seen) => isDeepStrictEqual(seen, expected));
  const classes = await prometheus.query('sum by (destination, release, code_class) (parley:requests:rate1m) > 0');
  const seen = classes.map(({ metric }) => [metric.destination, metric.release, metric.code_class].join(' '));
  // Envoy's counters do not tell who gave up.
  expect(seen.filter((each) => each !== 'accounts 2.0.0 cancelled').sort()).toEqual([
    'accounts 1.4.0 2xx',
    'accounts 1.4.0 4xx',
    'accounts 2.0.0 2xx',
    'orders 1.4.0 2xx',
    'orders 1.4.0 4xx',
    'portfolio 1.4.0 2xx',
  ]);
}

/** Failed calls count against the release that they went to, by the status of HTTP and by that of gRPC. */
async function failsExactly(prometheus: PrometheusRun, releases: readonly string[]): Promise<void> {
  const look = async () =>
    Object.keys(await figures(prometheus, 'parley:release_success:ratio1m < 1', ['destination', 'release'])).sort();
  await eventually('releases that fail', deadlineMs, look, (seen) => isDeepStrictEqual(seen, releases));
}
