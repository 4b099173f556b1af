import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import type { KeyPair } from '../../pki/certificate.ts';
import type { Collector } from '../../services/testing/otlp-collector.ts';
import { eventually } from '../eventually.ts';
import type { Exchange } from '../exchange.ts';
import { podOf, processesOfPod } from '../pods.ts';
import { probe } from '../probe.ts';
import type { Prober } from '../prober.ts';
import type { Site } from './site.ts';

type Access = Pick<Exchange, 'metricsOf' | 'freeze' | 'routeInForce' | 'spansOf' | 'openProber' | 'identityAuthority'>;

/** The port at which a sidecar of the embedded cluster takes what is for its Pod; SNI says which of the Pod's ports is meant. */
const inboundPort = 15_006;

/** What the state folder and the processes of this machine give to a test. */
export function embeddedAccess(site: Site, collector: Collector | undefined): Access {
  return {
    metricsOf: ({ metadata }) => overSocket(join(site.home, 'pods', metadata?.uid ?? '', 'in/9090')),
    freeze: async (pod) => {
      const pids = processesOfPod(site, pod).app.map(({ pid }) => pid);
      if (pids.length === 0) throw new Error(`Pod ${pod.metadata?.name} has no process to freeze`);
      for (const pid of pids) process.kill(pid, 'SIGSTOP');
      return {
        thaw: async () => {
          for (const pid of pids) process.kill(pid, 'SIGCONT');
        },
      };
    },
    routeInForce: async (route, change) => {
      await change();
      await eventually(
        `the route ${route} is in force`,
        10_000,
        () => site.get<Route>('httproute', route),
        isProgrammed,
      );
    },
    spansOf: async (traceId) => {
      if (!collector) throw new Error('this exchange was started without `traces: true`');
      return collector.spans().filter((span) => span.traceId === traceId);
    },
    openProber: async () => prober(site),
    identityAuthority: async () => keyPair(readFileSync(join(site.home, 'pki/identity-ca.pem'), 'utf8')),
  };
}

async function overSocket(socketPath: string): Promise<string> {
  const asked = request({ socketPath, path: '/metrics', agent: false }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly observedGeneration?: number;
}
interface Route {
  readonly metadata: { readonly generation: number };
  readonly status?: { readonly parents?: readonly { readonly conditions?: readonly Condition[] }[] };
}

function isProgrammed({ metadata, status }: Route): boolean {
  return (status?.parents ?? []).some(({ conditions = [] }) =>
    conditions.some(
      ({ type, status: value, observedGeneration }) =>
        type === 'Programmed' && value === 'True' && observedGeneration === metadata.generation,
    ),
  );
}

/** The cluster's addresses are this machine's, so the test itself knocks; packets are not told apart by where they come from. */
function prober(site: Site): Prober {
  return {
    knock: async ({ provider, protocol, port }, _from, callers) => {
      const { status } = await podOf(site, provider);
      if (!status?.podIP) throw new Error(`${provider} has no address`);
      const target = { ip: status.podIP, port: inboundPort, serverName: `p${port}`, tcpProtocol: 'parley-tcp' };
      const verdicts = [];
      for (const caller of callers) verdicts.push(await probe(target, protocol, caller));
      return verdicts;
    },
    close: async () => undefined,
  };
}

/** The authority's file holds both. */
function keyPair(text: string): KeyPair {
  const keyPem = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----/.exec(text)?.[0];
  const certificatePem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(text)?.[0];
  if (!keyPem || !certificatePem) throw new Error('pki/identity-ca.pem holds no key and certificate');
  return { keyPem, certificatePem };
}
