import { dataSourceUids, hostOf, type ObservabilityPart, ports } from './names.ts';

/** A data source that is there from the start (https://grafana.com/docs/grafana/latest/administration/provisioning/#data-sources). */
export interface DataSource {
  readonly uid: string;
  readonly name: string;
  readonly type: 'prometheus' | 'jaeger';
  readonly access: 'proxy';
  readonly url: string;
  readonly isDefault: boolean;
  readonly editable: false;
  readonly jsonData: Readonly<Record<string, unknown>>;
}

/** Label of an exemplar that holds the trace, as the collector writes it. */
const traceLabel = 'trace_id';

/** Settings that do not depend on anything, as variables (https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/). */
export const settings: Readonly<Record<string, string>> = {
  GF_SERVER_HTTP_PORT: String(ports.grafana.web),
  // It is reached by port-forward from a loopback address only: who gets there may look at everything and change nothing.
  GF_AUTH_ANONYMOUS_ENABLED: 'true',
  GF_AUTH_ANONYMOUS_ORG_ROLE: 'Viewer',
  // A link from an exemplar to its trace opens Explore.
  GF_USERS_VIEWERS_CAN_EDIT: 'true',
  GF_USERS_ALLOW_SIGN_UP: 'false',
  // It calls nobody outside the cluster.
  GF_ANALYTICS_REPORTING_ENABLED: 'false',
  GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
  GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: 'false',
  GF_ANALYTICS_FEEDBACK_LINKS_ENABLED: 'false',
  GF_NEWS_NEWS_FEED_ENABLED: 'false',
  GF_PLUGINS_PREINSTALL_DISABLED: 'true',
  GF_PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED: 'true',
  GF_PLUGINS_PLUGIN_ADMIN_ENABLED: 'false',
  GF_SECURITY_DISABLE_GRAVATAR: 'true',
  GF_SNAPSHOTS_EXTERNAL_ENABLED: 'false',
  GF_LOG_MODE: 'console',
  GF_LOG_LEVEL: 'warn',
  GF_DASHBOARDS_MIN_REFRESH_INTERVAL: '5s',
};

/** Data sources of the parts that run. An exemplar of a panel leads to its trace. */
export function dataSources(parts: readonly ObservabilityPart[], scrapeSeconds: number): DataSource[] {
  const jaeger = parts.includes('jaeger');
  const common = { access: 'proxy', editable: false } as const;
  return [
    {
      ...common,
      uid: dataSourceUids.prometheus,
      name: 'Prometheus',
      type: 'prometheus',
      url: `http://${hostOf('prometheus')}:${ports.prometheus.web}`,
      isDefault: true,
      jsonData: {
        httpMethod: 'POST',
        prometheusType: 'Prometheus',
        timeInterval: `${scrapeSeconds}s`,
        ...(jaeger
          ? {
              exemplarTraceIdDestinations: [
                { name: traceLabel, datasourceUid: dataSourceUids.jaeger, urlDisplayLabel: 'Open the trace' },
              ],
            }
          : {}),
      },
    },
    ...(jaeger
      ? [
          {
            ...common,
            uid: dataSourceUids.jaeger,
            name: 'Jaeger',
            type: 'jaeger',
            url: `http://${hostOf('jaeger')}:${ports.jaeger.query}`,
            isDefault: false,
            jsonData: { nodeGraph: { enabled: true } },
          } as const,
        ]
      : []),
  ];
}

/** Where Grafana finds dashboards; they are changed in this repository only. */
export function dashboardProviders(path: string): object {
  return {
    apiVersion: 1,
    providers: [
      {
        name: 'parley',
        folder: 'Parley',
        type: 'file',
        disableDeletion: true,
        allowUiUpdates: false,
        options: { path },
      },
    ],
  };
}
