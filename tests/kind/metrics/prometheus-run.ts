import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { KubeObject } from '../../../mesh/objects.ts';
import { versions } from '../../../mesh/versions.ts';
import { configFile } from '../../../observability/config-file.ts';
import { ports } from '../../../observability/names.ts';
import type { PrometheusConfig } from '../../../observability/prometheus-config.ts';
import { isAlert, type RuleGroup } from '../../../observability/rules/rule.ts';
import { type Container, docker, removeContainers, startContainer } from '../container.ts';
import type { FoundTarget } from './scraped-pods.ts';

const folderInside = '/etc/parley/prometheus';
const user = 65_534;

/** A vector of an instant query (https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries). */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

export interface FiringAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing';
}

/** A Prometheus in a container, on a network of its own. */
export interface PrometheusRun {
  query(expr: string): Promise<readonly Sample[]>;
  /** Series of a range that ends now. */
  series(expr: string, seconds: number): Promise<number>;
  get<T>(path: string): Promise<T>;
  alerts(): Promise<readonly FiringAlert[]>;
  end(): Promise<void>;
}

/** Address of this machine on a network of the engine. */
export async function gatewayOf(network: string): Promise<string> {
  const { stdout } = await docker(['network', 'inspect', network, '--format', '{{(index .IPAM.Config 0).Gateway}}']);
  return stdout.trim();
}

/**
 * Starts Prometheus with the rendered configuration and rules. Three things differ: targets are listed instead of discovered, it
 * looks at them every second, and an alert fires as soon as its condition holds.
 */
export async function startPrometheus(
  network: string,
  objects: readonly KubeObject[],
  targets: readonly FoundTarget[],
): Promise<PrometheusRun> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-metrics-'));
  await chmod(folder, 0o755);
  const end = async () => {
    await removeContainers(network);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const files = rendered(objects);
    await write(folder, 'prometheus.yaml', configFile(atOnce(parse(files['prometheus.yaml'] ?? ''), targets)));
    await write(folder, 'rules.yaml', configFile({ groups: withoutDelay(parse(files['rules.yaml'] ?? '').groups) }));
    const container = await startContainer({
      name: `${network}-prometheus`,
      image: versions.observability.prometheus.image,
      args: [`--config.file=${folderInside}/prometheus.yaml`, '--storage.tsdb.path=/tmp/data'],
      user,
      network,
      aliases: [],
      ports: [ports.prometheus.web],
      folders: { [folder]: folderInside },
    });
    return { ...questions(container), end };
  } catch (error) {
    await end();
    throw error;
  }
}

async function write(folder: string, name: string, text: string): Promise<void> {
  await writeFile(join(folder, name), text, { mode: 0o644 });
}

function rendered(objects: readonly KubeObject[]): Readonly<Record<string, string>> {
  const found = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'prometheus-config');
  if (!found || !('data' in found)) throw new TypeError('there is no ConfigMap prometheus-config');
  return found.data as Record<string, string>;
}

function atOnce(config: PrometheusConfig, targets: readonly FoundTarget[]): object {
  const jobs = config.scrape_configs.map(({ kubernetes_sd_configs: asked, ...job }) => {
    const namespaces = asked.flatMap((each) => each.namespaces.names);
    const found = targets.filter(({ namespace }) => namespaces.includes(namespace));
    return { ...job, static_configs: found.map(({ targets, labels }) => ({ targets, labels })) };
  });
  const global = { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' };
  return { ...config, global, scrape_configs: jobs };
}

function withoutDelay(groups: readonly RuleGroup[]): object[] {
  return groups.map((group) => ({
    ...group,
    rules: group.rules.map((rule) => (isAlert(rule) ? { ...rule, for: '0s' } : rule)),
  }));
}

function questions(container: Container): Omit<PrometheusRun, 'end'> {
  const get = async <T>(path: string): Promise<T> => {
    const answer = await fetch(`${container.url(ports.prometheus.web)}/api/v1/${path}`);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${decodeURIComponent(path)}: ${answer.status} ${text}\n${await container.logs()}`);
    const body: { data: T } = JSON.parse(text);
    return body.data;
  };
  return {
    get,
    query: async (expr) => (await get<{ result: Sample[] }>(`query?${new URLSearchParams({ query: expr })}`)).result,
    series: async (expr, seconds) => {
      const now = (await get<{ result: [number, string] }>('query?query=time()')).result[0];
      const range = { query: expr, start: String(now - seconds), end: String(now), step: '1' };
      return (await get<{ result: unknown[] }>(`query_range?${new URLSearchParams(range)}`)).result.length;
    },
    alerts: async () => (await get<{ alerts: FiringAlert[] }>('alerts')).alerts,
  };
}
