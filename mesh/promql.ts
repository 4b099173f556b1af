/**
 * Steps of a label pipeline: from `source` to `target` wherever `pattern` (RE2, anchored) matches. In `replacement`, letters and
 * digits after `$1` belong to the name of the group: `$1xx` is the group `1xx`, which is empty; `${1}xx` is what it looks like.
 */
export interface Relabel {
  readonly target: string;
  readonly replacement: string;
  readonly source: string;
  readonly pattern: string;
}

/** The window of every recorded rate. A scrape interval has to fit into it at least twice. */
export const rateWindow = '1m';

/** `label_replace` for each step, the first innermost (https://prometheus.io/docs/prometheus/latest/querying/functions/#label_replace). */
export function relabel(expr: string, steps: readonly Relabel[]): string {
  return steps.reduce(
    (inner, { target, replacement, source, pattern }) =>
      `label_replace(${inner}, ${[target, replacement, source, pattern].map(quoted).join(', ')})`,
    expr,
  );
}

export function rate(selector: string, window: string = rateWindow): string {
  return `rate(${selector}[${window}])`;
}

export function sumBy(labels: readonly string[], expr: string): string {
  return `sum by (${labels.join(', ')}) (${expr})`;
}

/** A PromQL string literal. */
export function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
