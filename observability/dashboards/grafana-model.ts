import type * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import type * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import type * as stat from '@grafana/grafana-foundation-sdk/stat';
import type * as table from '@grafana/grafana-foundation-sdk/table';
import type * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';

/** A type of Grafana's SDK as it is in a file: enums are their values, and there are no methods. */
type Json<T> = 0 extends 1 & T
  ? T
  : T extends string
    ? `${T}`
    : T extends readonly (infer Item)[]
      ? Json<Item>[]
      : T extends object
        ? { [Key in keyof T as T[Key] extends (...args: never[]) => unknown ? never : Key]: Json<T[Key]> }
        : T;

/** The SDK leaves open what depends on the kind of a panel; here it is what Grafana publishes for that kind. */
type PanelOf<Type extends string, Options, Custom> = Omit<
  Json<dashboard.Panel>,
  'type' | 'targets' | 'options' | 'fieldConfig'
> & {
  type: Type;
  targets: Json<prometheus.Dataquery>[];
  options: Json<Options>;
  fieldConfig: Omit<Json<dashboard.FieldConfigSource>, 'defaults'> & {
    defaults: Omit<Json<dashboard.FieldConfig>, 'custom'> & { custom?: Json<Custom> };
  };
};

/** A dashboard of Grafana with the kinds of panels that are used here, by the types that Grafana publishes. */
export type GrafanaModel = Omit<Json<dashboard.Dashboard>, 'panels'> & {
  panels: (
    | PanelOf<'timeseries', timeseries.Options, timeseries.FieldConfig>
    | PanelOf<'stat', stat.Options, never>
    | PanelOf<'table', table.Options, table.FieldConfig>
    | Json<dashboard.RowPanel>
  )[];
};
