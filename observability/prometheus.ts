import type { Construct } from 'constructs';
import type { HardeningException } from '../charts/hardening.ts';
import { httpProbes } from '../charts/workload.ts';
import { configFile } from './config-file.ts';
import type { ObservabilityContext } from './context.ts';
import { discovery } from './discovery.ts';
import { namespace, ports } from './names.ts';
import { part } from './part.ts';
import { prometheusConfig } from './prometheus-config.ts';
import { ruleGroups } from './rules/rules.ts';

/** `nobody`, the user of the image. */
const user = 65_534;
const folder = '/etc/parley/prometheus';
const files = { config: 'prometheus.yaml', rules: 'rules.yaml' } as const;
const dataPath = '/prometheus';

/** In what Prometheus falls short of the hardening of all other Pods. */
export const hardeningExceptions: readonly HardeningException[] = [
  {
    object: `StatefulSet ${namespace}/prometheus`,
    rule: 'service-account-token',
    reason: 'it asks the API server which Pods there are to scrape, in the namespaces of discovery.ts only',
  },
];

/** Prometheus with the recording rules and alerts; nobody manages it but by its configuration. */
export function prometheus(scope: Construct, context: ObservabilityContext): void {
  const { metrics } = context.sizes;
  discovery(scope, context);
  part(scope, context, {
    part: 'prometheus',
    kind: 'StatefulSet',
    user,
    fsGroup: user,
    serviceAccountToken: true,
    files: [
      {
        name: 'config',
        path: folder,
        data: {
          [files.config]: configFile(prometheusConfig(context, [`${folder}/${files.rules}`])),
          [files.rules]: configFile({
            groups: ruleGroups({ mesh: context.mesh.name, meshMetrics: context.meshMetrics }),
          }),
        },
      },
    ],
    ...(metrics.kept
      ? { claim: { name: 'data', path: dataPath, size: metrics.storage } }
      : { volumes: [{ name: 'data', path: dataPath, sizeLimit: metrics.storage }] }),
    container: {
      args: [
        `--config.file=${folder}/${files.config}`,
        `--storage.tsdb.path=${dataPath}`,
        `--storage.tsdb.retention.time=${metrics.retention}`,
        `--storage.tsdb.retention.size=${metrics.retentionSize}`,
        '--enable-feature=exemplar-storage',
      ],
      ports: [{ name: 'http', port: ports.prometheus.web }],
      probes: httpProbes(ports.prometheus.web, { live: '/-/healthy', ready: '/-/ready' }),
    },
  });
}
