import { join } from 'node:path';
import { readCatalogue } from '../../charts/catalogue.ts';
import { exchangeIntent } from '../../mesh/exchange.ts';
import { edgeName, meshNames } from '../../mesh/intent.ts';
import { hostOf, ports } from '../../observability/names.ts';
import { meshMetricsNames } from '../../observability/rules/rules.ts';
import { sourcesOf } from '../../rollout/export/queries.ts';
import type { ExportTarget } from '../../rollout/export/target.ts';
import type { RolloutResource } from '../../rollout/resource/rollout.ts';
import type { CommandContext, CommandOption, Invocation } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { namespace } from '../routes.ts';
import { stateFolder } from '../state-folder.ts';
import { oneOf } from '../suggest.ts';
import { readRecord } from '../target/record.ts';

const protocols = ['http', 'grpc', 'tcp'] as const;

/** What the objects depend on beside the Rollout. */
export const targetOptions: readonly CommandOption[] = [
  { flags: '--mesh <mesh>', description: `${meshNames.join(' or ')} (else MESH, else the one that runs, else istio)` },
  {
    flags: '--mesh-metrics <source>',
    description: `${meshMetricsNames.join(' or ')}: series of the mesh (else PARLEY_MESH_METRICS)`,
  },
  { flags: '--prometheus <url>', description: 'where the engine reaches Prometheus (else that of the kit)' },
  { flags: '--protocol <protocol>', description: `of a service that is not in the catalogue: ${protocols.join(', ')}` },
  { flags: '--port <number>', description: 'of such a service (else 8080)' },
];

/** What is known of each service, by flags, variables, what runs, and the catalogue. Throws usage failures that name the flag. */
export function targetsOf(context: CommandContext, { text }: Invocation): (rollout: RolloutResource) => ExportTarget {
  const record = readRecord(stateFolder(context));
  const mesh = oneOf(text('mesh') ?? (context.env.MESH || record?.mesh || 'istio'), meshNames, 'mesh');
  const kind = oneOf(
    text('mesh-metrics') ?? (context.env.PARLEY_MESH_METRICS || record?.meshMetrics || 'standard'),
    meshMetricsNames,
    'source of metrics',
  );
  const series = sourcesOf(mesh).find((name) => name === (kind === 'envoy' ? 'envoy' : mesh));
  if (!series)
    throw usageFailure(`--mesh-metrics ${kind}: ${mesh} has no such metrics.`, 'Write --mesh-metrics standard');
  const prometheus = urlOf(text('prometheus') ?? `http://${hostOf('prometheus')}:${ports.prometheus.web}`);
  const catalogue = readCatalogue(join(context.repo, 'services'));
  return ({ metadata, spec: { service } }) => {
    const shared = { namespace: metadata.namespace ?? namespace, mesh, series, prometheus };
    const known = shared.namespace === namespace ? catalogue.find(({ name }) => name === service) : undefined;
    if (known) {
      const [intent] = exchangeIntent([known], { [service]: {} }).services;
      const { port, protocol } = known;
      return { ...shared, port, protocol, moreRoutes: intent?.edge ? [`${edgeName}-${service}`] : [] };
    }
    const protocol = text('protocol');
    if (protocol === undefined) {
      throw usageFailure(
        `${shared.namespace}/${service} is not in the catalogue: nobody knows what it speaks.`,
        `Write --protocol ${protocols.join('|')}, and --port if it is not 8080`,
      );
    }
    return {
      ...shared,
      protocol: oneOf(protocol, protocols, 'protocol'),
      port: portOf(text('port') ?? '8080'),
      moreRoutes: [],
    };
  };
}

function urlOf(text: string): string {
  if (/^https?:$/.test(URL.parse(text)?.protocol ?? '')) return text;
  throw usageFailure(
    `--prometheus ${text}: no URL.`,
    'Write for example --prometheus http://prometheus.monitoring:9090',
  );
}

function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw usageFailure(`--port ${text}: not a port.`, 'Write for example --port 8080');
}
