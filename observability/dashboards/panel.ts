import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import { dataSourceUids } from '../names.ts';
import type { Query } from './queries.ts';

/** Units of Grafana that the dashboards use (https://grafana.com/docs/grafana/latest/panels-visualizations/configure-standard-options/#unit). */
export type Unit = 'reqps' | 'percentunit' | 'ms' | 's' | 'bytes' | 'short' | 'none';

export interface Panel {
  readonly title: string;
  /** What one sees here, and what it does not show. */
  readonly description: string;
  readonly unit: Unit;
  readonly queries: readonly Query[];
  /** Columns out of 24. */
  readonly width?: number;
  readonly height?: number;
  /** A ratio is judged against these; absent: no colours. */
  readonly goodAbove?: { readonly bad: number; readonly good: number };
}

export type PanelBuilder = Parameters<dashboard.DashboardBuilder['withPanel']>[0];

export const prometheusSource = { type: 'prometheus', uid: dataSourceUids.prometheus };

/** Lines over time. */
export function lines(panel: Panel): PanelBuilder {
  const builder = dressed(new timeseries.PanelBuilder(), panel)
    .min(0)
    .lineWidth(1)
    .fillOpacity(8)
    .showPoints(common.VisibilityMode.Auto)
    .spanNulls(false)
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(common.LegendDisplayMode.Table)
        .placement(common.LegendPlacement.Bottom)
        .calcs(['lastNotNull', 'max']),
    )
    .tooltip(new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi));
  return panel.queries.some(({ exemplar }) => exemplar) ? builder.dataLinks([tracesOfService()]) : builder;
}

/** One figure for now. */
export function figure(panel: Panel): PanelBuilder {
  return dressed(new stat.PanelBuilder(), { width: 6, height: 4, ...panel })
    .graphMode(common.BigValueGraphMode.Area)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']));
}

/** Columns of values of now, one row for each set of labels; each query is a column. */
export function rows(panel: Panel): PanelBuilder {
  return dressed(new table.PanelBuilder(), { width: 24, ...panel })
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: { Time: true },
        renameByName: Object.fromEntries(panel.queries.map(({ legend }, i) => [`Value #${refId(i)}`, legend])),
      },
    });
}

interface Dressable<B> {
  title(title: string): B;
  description(description: string): B;
  datasource(source: common.DataSourceRef): B;
  unit(unit: string): B;
  noValue(text: string): B;
  height(rows: number): B;
  span(columns: number): B;
  targets(queries: prometheus.DataqueryBuilder[]): B;
  thresholds(thresholds: dashboard.ThresholdsConfigBuilder): B;
}

/** What panels of every kind have; an empty panel says that it is. */
function dressed<B extends Dressable<B>>(builder: B, panel: Panel): B {
  const { title, description, unit, queries, width = 12, height = 8, goodAbove } = panel;
  const common = builder
    .title(title)
    .description(description)
    .datasource(prometheusSource)
    .unit(unit)
    .noValue('no data')
    .height(height)
    .span(width)
    .targets(queries.map(target));
  return goodAbove ? common.thresholds(thresholds(goodAbove)) : common;
}

function target({ expr, legend, instant, exemplar }: Query, index: number): prometheus.DataqueryBuilder {
  const builder = new prometheus.DataqueryBuilder()
    .refId(refId(index))
    .datasource(prometheusSource)
    .expr(expr)
    .legendFormat(legend)
    .exemplar(exemplar ?? false);
  return instant ? builder.instant().format(prometheus.PromQueryFormat.Table) : builder.range();
}

function refId(index: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + index);
}

function thresholds({ bad, good }: NonNullable<Panel['goodAbove']>): dashboard.ThresholdsConfigBuilder {
  return new dashboard.ThresholdsConfigBuilder().mode(dashboard.ThresholdsMode.Absolute).steps([
    { value: null, color: 'red' },
    { value: bad, color: 'orange' },
    { value: good, color: 'green' },
  ]);
}

/** Opens Jaeger's search for the service of the line; a single exemplar leads to its own trace by the data source. */
function tracesOfService(): dashboard.DashboardLinkBuilder {
  const query = { queryType: 'search', service: `\${__field.labels.service_name}` };
  const panes = { traces: { datasource: dataSourceUids.jaeger, queries: [{ refId: 'A', ...query }] } };
  const search = new URLSearchParams({ schemaVersion: '1', orgId: '1', panes: JSON.stringify(panes) });
  return new dashboard.DashboardLinkBuilder('Traces in Jaeger')
    .type(dashboard.DashboardLinkType.Link)
    .url(`/explore?${decodeURIComponent(search.toString())}`)
    .targetBlank(true);
}
