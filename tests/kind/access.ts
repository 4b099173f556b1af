import { createHash } from 'node:crypto';
import type { Pod, Secret } from 'kubernetes-types/core/v1.js';
import type { KeyPair } from '../../pki/certificate.ts';
import type { Commands } from '../commands.ts';
import { eventually } from '../eventually.ts';
import type { Exchange } from '../exchange.ts';
import { podsOf } from '../pods.ts';
import { succeed } from '../program.ts';

type Access = Pick<Exchange, 'metricsOf' | 'freeze' | 'routeInForce' | 'identityAuthority'>;

/** What kubectl, and Docker for the node, give to a test. */
export function kindAccess(commands: Commands): Access {
  return {
    metricsOf: (pod) => metricsOf(commands, pod),
    freeze: async (pod) => {
      const pid = await pidOnNode(commands, pod);
      await onNode(commands, pod, ['kill', '-STOP', pid]);
      return { thaw: async () => void (await onNode(commands, pod, ['kill', '-CONT', pid])) };
    },
    routeInForce: async (route, change) => {
      const before = await edgeRoutes(commands);
      await change();
      await eventually(
        `every edge has other routes than before the change to ${route}`,
        20_000,
        () => edgeRoutes(commands),
        (now) => [...now].every(([pod, digest]) => before.get(pod) !== digest),
      );
    },
    identityAuthority: () => istioAuthority(commands),
  };
}

const readMetrics =
  "fetch('http://127.0.0.1:9090/metrics').then((answer) => answer.text()).then((text) => process.stdout.write(text))";

/** From inside the container: from outside, the sidecar wants a certificate. */
function metricsOf(commands: Commands, { metadata }: Pod): Promise<string> {
  const container = metadata?.labels?.['app.kubernetes.io/name'] ?? '';
  return commands.kubectl('exec', metadata?.name ?? '', '-c', container, '--', 'node', '-e', readMetrics);
}

/** The application's process as the node numbers it; in its own namespace it is 1, which takes no SIGSTOP from there. */
async function pidOnNode(commands: Commands, pod: Pod): Promise<string> {
  const container = pod.metadata?.labels?.['app.kubernetes.io/name'];
  const status = pod.status?.containerStatuses?.find(({ name }) => name === container);
  const id = status?.containerID?.replace('containerd://', '');
  if (!id) throw new Error(`Pod ${pod.metadata?.name} has no running container ${container}`);
  const template = ['--output', 'go-template', '--template', '{{.info.pid}}'];
  return (await onNode(commands, pod, ['crictl', 'inspect', ...template, id])).trim();
}

/** A node of kind is a container of that name. */
async function onNode({ env }: Commands, { spec }: Pod, line: readonly string[]): Promise<string> {
  return (await succeed(['docker', 'exec', spec?.nodeName ?? '', ...line], { env })).stdout;
}

/** The routes that each edge's Envoy goes by, as digests by Pod; Istio's agent asks Envoy's admin endpoint. */
async function edgeRoutes(commands: Commands): Promise<Map<string, string>> {
  const pods = await podsOf(commands, 'edge');
  const routes = await Promise.all(
    pods.map(async ({ metadata }): Promise<[string, string]> => {
      const name = metadata?.name ?? '';
      const ask = ['pilot-agent', 'request', 'GET', 'config_dump?resource=dynamic_route_configs'];
      const dump = await commands.kubectl('exec', name, '-c', 'istio-proxy', '--', ...ask);
      const { configs } = JSON.parse(dump) as { configs: readonly { readonly route_config: unknown }[] };
      const digest = createHash('sha256').update(JSON.stringify(configs.map(({ route_config }) => route_config)));
      return [name, digest.digest('hex')];
    }),
  );
  return new Map(routes);
}

/** istiod signs with an authority of its own making unless it was given one (https://istio.io/latest/docs/concepts/security/#pki). */
async function istioAuthority(commands: Commands): Promise<KeyPair> {
  const { data = {} } = await commands.get<Secret>('-n', 'istio-system', 'secret', 'istio-ca-secret');
  const pem = (key: string) => Buffer.from(data[key] ?? '', 'base64').toString('utf8');
  return { certificatePem: pem('ca-cert.pem'), keyPem: pem('ca-key.pem') };
}
