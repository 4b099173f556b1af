import type { Construct } from 'constructs';
import { httpProbes } from '../charts/workload.ts';
import { configFile } from './config-file.ts';
import type { ObservabilityContext } from './context.ts';
import { dashboards } from './dashboards/dashboards.ts';
import { dashboardProviders, dataSources, settings } from './grafana-config.ts';
import { ports } from './names.ts';
import { type Files, part } from './part.ts';
import { grafanaSecret } from './secrets.ts';

/** The user of the image. */
const user = 472;
const dataPath = '/var/lib/grafana';
const provisioning = '/etc/grafana/provisioning';
const dashboardsPath = '/etc/grafana/dashboards';

/** Grafana with data sources and dashboards from the start; what it writes goes with the Pod. */
export function grafana(scope: Construct, context: ObservabilityContext): void {
  const shown = dashboardFiles(context);
  part(scope, context, {
    part: 'grafana',
    kind: 'Deployment',
    user,
    files: [
      {
        name: 'data-sources',
        path: `${provisioning}/datasources`,
        data: {
          'data-sources.yaml': configFile({
            apiVersion: 1,
            datasources: dataSources(context.parts, context.sizes.scrapeSeconds),
          }),
        },
      },
      {
        name: 'providers',
        path: `${provisioning}/dashboards`,
        data: { 'dashboards.yaml': configFile(dashboardProviders(dashboardsPath)) },
      },
      ...shown,
    ],
    volumes: [
      { name: 'data', path: dataPath, sizeLimit: '256Mi' },
      {
        name: 'dashboards',
        path: dashboardsPath,
        source: { projected: { sources: shown.map(({ name }) => ({ configMap: { name: `grafana-${name}` } })) } },
      },
    ],
    container: {
      ports: [{ name: 'http', port: ports.grafana.web }],
      env: [
        ...Object.entries({ ...settings, ...paths }).map(([name, value]) => ({ name, value })),
        {
          name: 'GF_SECURITY_ADMIN_PASSWORD',
          valueFrom: { secretKeyRef: { name: grafanaSecret.name, key: 'admin-password' } },
        },
      ],
      probes: httpProbes(ports.grafana.web, { live: '/api/health', ready: '/api/health' }),
    },
  });
}

/** Everything that Grafana writes is below one volume: its root file system is read-only. */
const paths: Readonly<Record<string, string>> = {
  GF_PATHS_DATA: dataPath,
  GF_PATHS_LOGS: `${dataPath}/log`,
  GF_PATHS_PLUGINS: `${dataPath}/plugins`,
  GF_PATHS_PROVISIONING: provisioning,
};

/** A ConfigMap per dashboard: all together would be too large for one. */
function dashboardFiles({ mesh, meshMetrics }: ObservabilityContext): Files[] {
  return dashboards({ mesh: mesh.name, meshMetrics }).map(({ uid, json }) => ({
    name: `dashboard-${uid}`,
    data: { [`${uid}.json`]: JSON.stringify(json) },
  }));
}
