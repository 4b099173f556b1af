import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dashboards } from '../../observability/dashboards/dashboards.ts';
import { isLive, queriesOf } from '../../observability/dashboards/queries-of.ts';
import { renderObservability } from '../../observability/render.ts';
import { isAlert } from '../../observability/rules/rule.ts';
import { ruleGroups } from '../../observability/rules/rules.ts';
import { sampleOptions } from '../../observability/sample.ts';
import { eventually } from '../eventually.ts';
import { docker, removeContainers } from './container.ts';
import { Scenario } from './metrics/exposition.ts';
import { gatewayOf, type PrometheusRun, type Sample, startPrometheus } from './metrics/prometheus-run.ts';
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

/** Alerts on what is not there; all others need something that is wrong. */
const onAbsence = ['ParleyCollectorSilent', 'ParleyNoMeshTelemetry', 'ParleyServicesNotScraped'];

/** All values of every variable. */
const chosen = { namespace: '.*', service: '.*', release: '.*' } as const;

describe.each(sources)('$mesh, metrics: $meshMetrics', (source) => {
  const network = `parley-metrics-${process.pid}-${source.mesh}-${source.meshMetrics}`;
  const scenario = new Scenario(() => performance.now());
  const groups = ruleGroups(source);
  const boards = dashboards(source);
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

  const firing = async () =>
    [
      ...new Set(
        (await prometheus.alerts())
          .filter(({ state }) => state === 'firing')
          .map(({ labels }) => String(labels.alertname)),
      ),
    ].sort();

  test('where nothing is there, that is what fires', async () => {
    await eventually('alerts on absence', 60_000, firing, (names) => isDeepStrictEqual(names, onAbsence));
  });

  test('every rule returns series', async () => {
    scenario.begin('well');
    const recording = groups.flatMap(({ rules }) => rules.filter((rule) => !isAlert(rule)));
    expect(recording.length).toBeGreaterThan(20);
    await eventually(
      'recording rules without series',
      60_000,
      () => without(recording.map(({ expr }) => expr)),
      (empty) => empty.length === 0,
    );
  });

  test('every query of every dashboard returns series, but for those whose metric is still to come', async () => {
    const panels = boards.flatMap((board) => queriesOf(board.json).panels.map((expr) => filled(expr)));
    expect(panels.filter(isLive).length).toBeGreaterThan(70);
    await eventually(
      'queries without series',
      60_000,
      () => without(panels.filter(isLive)),
      (empty) => empty.length === 0,
    );
    const toCome = panels.filter((expr) => !isLive(expr));
    expect(await without(toCome)).toEqual(toCome);
  });

  test('every variable has values to choose from', async () => {
    const asked = boards.flatMap((board) => queriesOf(board.json).variables);
    expect(asked.length).toBe(boards.length * 3);
    for (const { series, label } of asked) {
      const path = `label/${label}/values?${new URLSearchParams({ 'match[]': filled(series) })}`;
      expect(await prometheus.get<string[]>(path), series).not.toEqual([]);
    }
  });

  test('shares, success and latency are those of the calls', async () => {
    const near = (seen: readonly Sample[], labels: readonly string[]) =>
      Object.fromEntries(
        seen.map(({ metric, value }) => [labels.map((label) => metric[label]).join(' '), round(Number(value[1]))]),
      );
    const share = async () => near(await prometheus.query('parley:release_share:ratio1m'), ['destination', 'release']);
    await eventually('shares of releases', 60_000, share, (seen) =>
      isDeepStrictEqual(seen, {
        'accounts 1.4.0': 0.8,
        'accounts 2.0.0': 0.2,
        'orders 1.4.0': 1,
        'portfolio 1.4.0': 1,
      }),
    );
    const edge = ['source', 'destination', 'release', 'protocol'];
    const each = (value: number) => ({
      'edge accounts 1.4.0 http': value,
      'edge portfolio 1.4.0 http': value,
      'portfolio accounts 1.4.0 http': value,
      'portfolio accounts 2.0.0 http': value,
      'portfolio orders 1.4.0 grpc': value,
    });
    expect(near(await prometheus.query('parley:request_success:ratio1m'), edge)).toEqual(each(1));
    expect(near(await prometheus.query('parley:request_latency_ms:p50'), edge)).toEqual(each(37.5));
    const ofOrders = await prometheus.query('parley:requests:rate1m{destination="orders"} > 0');
    expect(ofOrders.map(({ metric }) => metric.code_class).sort()).toEqual(['2xx', '4xx']);
  });

  test('no alert fires while all is well', async () => {
    await eventually('alerts', 60_000, firing, (names) => names.length === 0);
  });

  test('every alert fires when what it watches for happens', async () => {
    scenario.begin('fault');
    const watched = groups.flatMap(({ rules }) => rules.filter(isAlert).map(({ alert }) => alert));
    const expected = watched.filter((name) => !onAbsence.includes(name)).sort();
    await eventually('alerts', 60_000, firing, (names) => isDeepStrictEqual(names, expected));
    for (const { labels, annotations } of await prometheus.alerts()) {
      expect(Object.values(annotations).join(' '), labels.alertname).not.toMatch(/<no value>|%!|\{\{/);
    }
  });

  test('annotations of dashboards mark what happened', async () => {
    const marks = [
      ...new Set(boards.flatMap((board) => queriesOf(board.json).annotations.map((expr) => filled(expr)))),
    ];
    for (const expr of marks) {
      const seen = await prometheus.series(expr, 300);
      expect(seen > 0, expr).toBe(isLive(expr));
    }
  });

  async function without(exprs: readonly string[]): Promise<string[]> {
    const empty: string[] = [];
    for (const expr of exprs) if ((await prometheus.query(expr)).length === 0) empty.push(expr);
    return empty;
  }
});

function filled(expr: string): string {
  return expr.replace(/\$(namespace|service|release)\b/g, (_, name: keyof typeof chosen) => chosen[name]);
}

/** Two digits: figures over a window that is not full yet are a little off. */
function round(value: number): number {
  return Math.round(value * 100) / 100;
}
