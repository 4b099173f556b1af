import type { Construct } from 'constructs';
import { httpProbes } from '../charts/workload.ts';
import { configFile } from './config-file.ts';
import type { ObservabilityContext } from './context.ts';
import { jaegerConfig } from './jaeger-config.ts';
import { ports } from './names.ts';
import { part } from './part.ts';

const folder = '/etc/parley/jaeger';
const file = 'jaeger.yaml';

/** Jaeger 2 with traces in memory: they go with the Pod. */
export function jaeger(scope: Construct, context: ObservabilityContext): void {
  part(scope, context, {
    part: 'jaeger',
    kind: 'Deployment',
    user: 10_001,
    files: [{ name: 'config', path: folder, data: { [file]: configFile(jaegerConfig(context.sizes.traces)) } }],
    container: {
      args: ['--config', `${folder}/${file}`],
      ports: [
        { name: 'http', port: ports.jaeger.query },
        { name: 'otlp-grpc', port: ports.jaeger.otlpGrpc },
        { name: 'metrics', port: ports.jaeger.metrics },
        { name: 'health', port: ports.jaeger.health },
      ],
      probes: httpProbes(ports.jaeger.health, { live: '/status', ready: '/status' }),
    },
  });
}
