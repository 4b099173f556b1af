import { dashboards } from '../../observability/dashboards/dashboards.ts';
import type { RuleOptions } from '../../observability/rules/rules.ts';

/** A query as Grafana sends it for one panel, with every choice at the top of the dashboard on `All`. */
export interface PanelQuery {
  /** `parley-mesh / Success per edge`. */
  readonly panel: string;
  readonly expr: string;
}

interface Board {
  readonly panels?: readonly PanelJson[];
}

interface PanelJson {
  readonly title?: string;
  readonly targets?: readonly { readonly expr?: string }[];
  readonly panels?: readonly PanelJson[];
}

const choices: Readonly<Record<string, string>> = {
  namespace: 'exchange',
  service: '.*',
  release: '.*',
  __rate_interval: '1m',
  __interval: '5s',
  __range: '15m',
};

/** Every query of every panel. Throws for a variable that it does not know. */
export function panelQueries(options: RuleOptions): PanelQuery[] {
  return dashboards(options).flatMap(({ uid, json }) =>
    panelsOf(json as Board).flatMap(({ title = '', targets = [] }) =>
      targets.map(({ expr = '' }) => ({ panel: `${uid} / ${title}`, expr: filled(expr) })),
    ),
  );
}

function panelsOf({ panels = [] }: Board): PanelJson[] {
  return panels.flatMap((panel) => [panel, ...panelsOf(panel)]);
}

function filled(expr: string): string {
  return expr.replace(/\$\{?(\w+)\}?/g, (whole, name: string) => {
    const value = choices[name];
    if (value === undefined) throw new Error(`${whole} is no variable of the dashboards`);
    return value;
  });
}
