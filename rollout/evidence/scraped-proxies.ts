import { Agent, get } from 'node:http';
import { readSamples } from '../../mesh/linkerd/proxy-metrics.ts';
import type { Dialect } from './dialect.ts';
import { clusterPattern, envoyDialect } from './envoy-series.ts';
import { linkerdDialect } from './linkerd-series.ts';
import type { EvidenceClock, Place } from './looks.ts';
import { proxyEvidence } from './proxy-evidence.ts';
import type { EvidenceSource, EvidenceTarget } from './source.ts';

/** A Pod with a proxy. Its `id` is another one after the proxy was started again: the Pod's uid and the container's restart count. */
export interface ScrapedPod extends Place {
  readonly ip: string;
}

export interface ScrapedOptions {
  /** The Pods of the mesh that run now, gateways among them. */
  readonly pods: () => readonly ScrapedPod[];
  readonly clock: EvidenceClock;
  /** Where proxies show their metrics, if not where the mesh has it. */
  readonly port?: number;
}

/** Envoy takes a question of 60 kB. */
const longestFilter = 8000;
/** Statistics of a cluster that are read, as Envoy names them. */
const readStats = 'upstream_rq_[1-5]xx|upstream_rq_time|upstream_cx_total|upstream_cx_connect_fail|grpc\\.[0-9]+';

/** Proxies are on the network and may be many: asked less often than the sidecars of one machine. */
const pace = { everyMs: 250, patienceMs: 200 } as const;
const timeoutMs = 2000;

/** Evidence from Istio's proxies, by the network of Pods: `/stats/prometheus` on port 15090. They need `neededStats`. */
export function envoyEvidence(options: ScrapedOptions): EvidenceSource {
  const path = (targets: readonly EvidenceTarget[]) => {
    const listed = targets.map(clusterPattern).join('|');
    const clusters = listed.length > longestFilter ? 'outbound\\|.+' : listed;
    return `/stats/prometheus?filter=${encodeURIComponent(`^cluster\\.(${clusters})\\.(${readStats})$`)}`;
  };
  return scraped(options, { name: 'envoy', dialect: envoyDialect, port: 15_090, path });
}

/** Evidence from Linkerd's proxies, by the network of Pods: `/metrics` on port 4191. */
export function linkerdEvidence(options: ScrapedOptions): EvidenceSource {
  return scraped(options, { name: 'linkerd', dialect: linkerdDialect, port: 4191, path: () => '/metrics' });
}

interface Scraped {
  readonly name: string;
  readonly dialect: Dialect;
  readonly port: number;
  path(targets: readonly EvidenceTarget[]): string;
}

function scraped({ pods, clock, port: given }: ScrapedOptions, { name, dialect, port, path }: Scraped): EvidenceSource {
  const agent = new Agent({ keepAlive: true });
  return proxyEvidence<ScrapedPod>(
    {
      name,
      pace,
      list: pods,
      names: dialect.names,
      cannot: dialect.cannot,
      async ask({ ip }, targets) {
        const samples = readSamples(await body(agent, ip, given ?? port, path(targets)), dialect.series);
        return { counters: dialect.counters(samples), known: dialect.known?.(samples) };
      },
      missing: {
        proxies: {
          what: `no Pod with a proxy of ${dialect.name} is there to ask`,
          hint: 'Type: kubectl get pods -A   (is the namespace in the mesh?)',
        },
        silent: ({ name: pod, silentMs, reason }) => ({
          what: `the proxy of ${pod}, which calls the service, has not answered for ${(silentMs / 1000).toFixed(1)} s: ${reason}`,
          hint: `May the controller reach port ${given ?? port} of Pods? Type: kubectl get networkpolicies -A`,
        }),
        ...dialect.missing,
      },
      close: () => agent.destroy(),
    },
    clock,
  );
}

/** Text of a 200 answer; rejects otherwise, and when it takes too long. */
function body(agent: Agent, host: string, port: number, path: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const call = get({ agent, host, port, path, timeout: timeoutMs }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', reject);
    response.on('end', () => {
      if (response.statusCode === 200) resolve(Buffer.concat(chunks).toString());
      else reject(new Error(`http://${host}:${port} answered ${response.statusCode}`));
    });
  });
  call.on('timeout', () => call.destroy(new Error(`http://${host}:${port}: no answer in ${timeoutMs / 1000} s`)));
  call.on('error', reject);
  return promise;
}
