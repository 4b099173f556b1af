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
