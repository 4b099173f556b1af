/** A query of a panel. `instant`: one value for now, for tables and figures. */
export interface Query {
  readonly expr: string;
  readonly legend: string;
  readonly instant?: boolean;
  /** Ask for exemplars: only a histogram as it was scraped has them. */
  readonly exemplar?: boolean;
}

/** What a query of a dashboard is narrowed down to by the variables at its top. */
export const ofEdges = 'namespace=~"$namespace", destination=~"$service", release=~"$release"';
export const ofServices = 'namespace=~"$namespace", service=~"$service", release=~"$release"';

/** Classes of calls that nobody failed. */
export const good = 'code_class!~"5xx|none|cancelled"';
export const judged = 'code_class!="cancelled"';

/**
 * Metrics that a part of the kit will have and does not have yet. Panels that ask for them stay empty; every other query of a
 * dashboard has to return series. An entry goes when its metric comes.
 */
export const notLiveYet: Readonly<Record<string, string>> = {
  parley_route_weight:
    'made by the rollout engine, which writes the weights; until then the share of calls stands beside it',
  parley_rollout_verdict: 'made by the rollout engine, which judges a release',
  parley_rollout_step: 'made by the rollout engine, which counts its steps; annotations are placed where it grows',
};
