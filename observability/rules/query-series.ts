import { parser } from '@prometheus-io/lezer-promql';

/** What a query names, or where it is broken. */
export interface QuerySeries {
  /** Names of series; a pattern where a selector has `__name__=~`. */
  readonly series: readonly (string | RegExp)[];
  /** Positions, from 0, at which the text is no PromQL. */
  readonly brokenAt: readonly number[];
}

/** Reads a query by the grammar that Prometheus publishes for editors; types of functions' arguments are not looked at. */
export function querySeries(expr: string): QuerySeries {
  const series: (string | RegExp)[] = [];
  const brokenAt: number[] = [];
  parser.parse(expr).iterate({
    enter: (node) => {
      if (node.type.isError) brokenAt.push(node.from);
      if (node.name !== 'VectorSelector') return;
      const name = node.node.getChild('Identifier');
      series.push(name ? expr.slice(name.from, name.to) : byMatcher(expr.slice(node.from, node.to)));
    },
  });
  return { series, brokenAt };
}

/** The name in a selector that has none in front of its braces. */
function byMatcher(selector: string): string | RegExp {
  const [, operator, name] = /__name__\s*(=~|=)\s*"([^"]*)"/.exec(selector) ?? [];
  if (name === undefined) return selector;
  return operator === '=' ? name : new RegExp(`^(?:${name})$`);
}

/** What is wrong with a query: that it does not parse, or the series that nobody yields. */
export function queryFaults(expr: string, known: ReadonlySet<string>): string[] {
  const { series, brokenAt } = querySeries(expr);
  return [
    ...brokenAt.map((at) => `no PromQL at ${at}: ${expr}`),
    ...series.filter((each) => !isKnown(each, known)).map((each) => `nobody yields ${each}: ${expr}`),
  ];
}

function isKnown(series: string | RegExp, known: ReadonlySet<string>): boolean {
  return typeof series === 'string' ? known.has(series) : [...known].some((name) => series.test(name));
}
