import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { type PanelBuilder, prometheusSource } from './panel.ts';

/** A dashboard as its file describes it. */
export interface Board {
  /** Fixed, so that links and bookmarks last. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly variables: Variables;
  readonly annotations?: readonly Annotation[];
  readonly rows: readonly { readonly title: string; readonly panels: readonly PanelBuilder[] }[];
}

/** Where the choices at the top come from: a recorded series, and its label that holds the service. */
export interface Variables {
  readonly series: string;
  readonly serviceLabel: 'destination' | 'service';
  /** Services to choose from; absent: all. */
  readonly services?: readonly string[];
}

/** A mark on the time axis wherever `expr` has a value. */
export interface Annotation {
  readonly name: string;
  readonly expr: string;
  readonly title: string;
  readonly color: string;
}

const tag = 'parley';

/** What every dashboard has: the choices of namespace, service and release, links to the others, and firing alerts. */
export function frame(board: Board): dashboard.Dashboard {
  const builder = new dashboard.DashboardBuilder(board.title)
    .uid(board.uid)
    .description(board.description)
    .tags([tag])
    .timezone('browser')
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .time({ from: 'now-15m', to: 'now' })
    .refresh('10s')
    .readonly()
    .variables(variables(board.variables))
    .annotations([alerts, ...(board.annotations ?? [])].map(annotation))
    .links([
      new dashboard.DashboardLinkBuilder('Parley')
        .type(dashboard.DashboardLinkType.Dashboards)
        .tags([tag])
        .asDropdown(false)
        .includeVars(true)
        .keepTime(true),
    ]);
  for (const { title, panels } of board.rows) {
    builder.withRow(new dashboard.RowBuilder(title));
    for (const panel of panels) builder.withPanel(panel);
  }
  return numbered(builder.build());
}

const alerts: Annotation = {
  name: 'Alerts',
  expr: 'ALERTS{alertname=~"Parley.*", alertstate="firing"}',
  title: '{{alertname}} {{destination}} {{release}}',
  color: 'red',
};

function annotation({ name, expr, title, color }: Annotation): dashboard.AnnotationQueryBuilder {
  return new dashboard.AnnotationQueryBuilder()
    .name(name)
    .datasource(prometheusSource)
    .enable(true)
    .iconColor(color)
    .expr(expr)
    .step('10s')
    .titleFormat(title);
}

function variables({ series, serviceLabel, services }: Variables): dashboard.QueryVariableBuilder[] {
  const chosen = services ? [`${serviceLabel}=~"${services.join('|')}"`] : [];
  const ofNamespace = ['namespace=~"$namespace"', ...chosen];
  return [
    variable('namespace', `label_values(${series}, namespace)`),
    variable('service', `label_values(${series}{${ofNamespace.join(', ')}}, ${serviceLabel})`, services?.join('|')),
    variable(
      'release',
      `label_values(${series}{${[...ofNamespace, `${serviceLabel}=~"$service"`].join(', ')}}, release)`,
    ),
  ];
}

function variable(name: string, query: string, allValue = '.*'): dashboard.QueryVariableBuilder {
  return new dashboard.QueryVariableBuilder(name)
    .label(name)
    .datasource(prometheusSource)
    .query(query)
    .definition(query)
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue(allValue)
    .current({ selected: true, text: ['All'], value: ['$__all'] });
}

/**
 * Panels by number in their order: links to a panel last as long as the order does. Links and annotations stand above the panels; the
 * builders would hide them in a menu.
 */
function numbered(board: dashboard.Dashboard): dashboard.Dashboard {
  board.panels?.forEach((panel, index) => {
    panel.id = index + 1;
  });
  for (const shown of [...(board.links ?? []), ...(board.annotations?.list ?? [])]) delete shown.placement;
  return board;
}
