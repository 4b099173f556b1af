import type { Construct } from 'constructs';
import { httpProbes } from '../charts/workload.ts';
import { collectorConfig } from './collector-config.ts';
import { configFile } from './config-file.ts';
import type { ObservabilityContext } from './context.ts';
import { ports } from './names.ts';
import { part } from './part.ts';

const folder = '/etc/parley/collector';
const file = 'collector.yaml';

/** The OpenTelemetry Collector: all spans go to one Pod, so that a count made from them is complete. */
export function collector(scope: Construct, context: ObservabilityContext): void {
  const config = collectorConfig(context.parts, context.sizes.scrapeSeconds);
  part(scope, context, {
    part: 'collector',
    kind: 'Deployment',
    user: 10_001,
    files: [{ name: 'config', path: folder, data: { [file]: configFile(config) } }],
    container: {
      args: ['--config', `${folder}/${file}`],
      ports: [
        { name: 'otlp-grpc', port: ports.collector.otlpGrpc },
        { name: 'otlp-http', port: ports.collector.otlpHttp },
        { name: 'span-metrics', port: ports.collector.spanMetrics },
        { name: 'metrics', port: ports.collector.metrics },
        { name: 'health', port: ports.collector.health },
      ],
      probes: httpProbes(ports.collector.health, { live: '/', ready: '/' }),
    },
  });
}
