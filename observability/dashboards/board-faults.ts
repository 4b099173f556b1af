import { queryFaults } from '../rules/query-series.ts';
import { queriesOf } from './queries-of.ts';

/** What Grafana itself fills in, and `$__all`, which stands for all values of a variable (https://grafana.com/docs/grafana/latest/dashboards/variables/add-template-variables/#global-variables). */
const globalVariables = /^__(all|interval|range|rate_interval|field|value|series|data|url_time_range|all_variables)\b/;

interface WithVariables {
  readonly templating: { readonly list?: readonly { readonly name: string; readonly definition?: string }[] };
}

/** What Grafana or Prometheus would stumble over: queries that are none, series that nobody yields, variables that nobody declares. */
export function boardFaults(json: WithVariables, known: ReadonlySet<string>): string[] {
  const { panels, annotations, variables } = queriesOf(json);
  const asked = [...panels, ...annotations, ...variables.map(({ series }) => series)];
  return [...asked.flatMap((expr) => queryFaults(expr, known)), ...undeclared(json)];
}

/** A variable may ask by those that are declared before it; everything else by all of them. */
function undeclared(json: WithVariables): string[] {
  const list = json.templating.list ?? [];
  const names = list.map(({ name }) => name);
  const rest = { ...json, templating: {} };
  return [...list.flatMap((variable, at) => foreign(variable, names.slice(0, at))), ...foreign(rest, names)];
}

function foreign(json: object, declared: readonly string[]): string[] {
  return textsOf(json)
    .flatMap((text) =>
      [...text.matchAll(/\$(?:\{(\w+)[^}]*\}|(\w+))/g)].map(([, braced, bare]) => braced ?? bare ?? ''),
    )
    .filter((name) => !globalVariables.test(name) && !declared.includes(name))
    .map((name) => `nobody declares $${name}`);
}

/** Every text of a piece of JSON, however deep. */
export function textsOf(json: unknown): string[] {
  if (typeof json === 'string') return [json];
  return typeof json === 'object' && json !== null ? Object.values(json).flatMap(textsOf) : [];
}
