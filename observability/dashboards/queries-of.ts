/** Everything that a dashboard asks Prometheus for. */
export interface BoardQueries {
  readonly panels: readonly string[];
  readonly annotations: readonly string[];
  /** Series, and the label of it whose values are offered. */
  readonly variables: readonly { readonly series: string; readonly label: string }[];
}

interface WithExpr {
  readonly expr?: string;
}

/** The parts of Grafana's dashboard model that hold queries. */
interface BoardJson {
  readonly panels?: readonly { readonly targets?: readonly WithExpr[] }[];
  readonly annotations?: { readonly list?: readonly WithExpr[] };
  readonly templating?: { readonly list?: readonly { readonly definition?: string }[] };
}

/** Reads the queries out of the JSON, as Grafana will. */
export function queriesOf(json: BoardJson): BoardQueries {
  return {
    panels: (json.panels ?? []).flatMap(({ targets = [] }) => targets.flatMap(exprOf)),
    annotations: (json.annotations?.list ?? []).flatMap(exprOf),
    variables: (json.templating?.list ?? []).map(({ definition = '' }) => {
      const [, series, label] = /^label_values\((.+), (\w+)\)$/.exec(definition) ?? [];
      if (!series || !label) throw new TypeError(`\`${definition}\` is no label_values(series, label)`);
      return { series, label };
    }),
  };
}

function exprOf({ expr }: WithExpr): string[] {
  return expr === undefined ? [] : [expr];
}
