import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PodSpec } from 'kubernetes-types/core/v1.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { isPodMaker } from '../../charts/hardening.ts';
import type { KubeObject } from '../../mesh/objects.ts';
import { versions } from '../../mesh/versions.ts';
import { hostOf, type ObservabilityPart, ports } from '../../observability/names.ts';
import type { PrometheusConfig } from '../../observability/prometheus-config.ts';
import { renderObservability } from '../../observability/render.ts';
import { sampleOptions } from '../../observability/sample.ts';
import { eventually } from '../eventually.ts';
import { type Container, docker, removeContainers, runOnce, startContainer } from './container.ts';
import { withFoundPods } from './found-pods.ts';
import { twoSpans } from './spans.ts';

/**
 * The configurations of a rendering, in the programs that read them: Jaeger, the collector and Prometheus start with them as they are, under the
 * names of their Services, and spans come out as traces and as series. Only the discovery of Pods is written down instead of asked for.
 */
const suffix = `parley-observability-${process.pid}`;
const parts = ['collector', 'prometheus', 'jaeger'] as const;
const objects = renderObservability(sampleOptions({ parts }));
const linkerd = renderObservability(sampleOptions({ parts, mesh: 'linkerd' }));
const traceId = '5b8aa5a2d2c872e8321cf37308d69df2';

let folder = '';
let jaeger: Container;
let collector: Container;
let prometheus: Container;
let prometheusOfLinkerd: Container;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-observability-'));
  await chmod(folder, 0o755);
  await docker(['network', 'create', suffix]);
  jaeger = await start('jaeger', await files('jaeger'), [ports.jaeger.query, ports.jaeger.health]);
  const { otlpHttp, health } = ports.collector;
  collector = await start('collector', await files('collector'), [otlpHttp, health]);
  const config = await files('prometheus', { 'prometheus.yaml': withFoundPods });
  prometheus = await start('prometheus', config, [ports.prometheus.web]);
  const other = await files('prometheus', { 'prometheus.yaml': withFoundPods }, linkerd);
  prometheusOfLinkerd = await start('prometheus', other, [ports.prometheus.web], 'prometheus-linkerd');
});

afterAll(async () => {
  await removeContainers(suffix);
  await docker(['network', 'rm', suffix]);
  await rm(folder, { recursive: true, force: true });
});

test('all programs take their configuration and become healthy', async () => {
  await healthy(jaeger, `${jaeger.url(ports.jaeger.health)}/status`);
  await healthy(collector, `${collector.url(ports.collector.health)}/`);
  await healthy(prometheus, `${prometheus.url(ports.prometheus.web)}/-/ready`);
});

test('the collector finds nothing wrong with its configuration, with Jaeger and without', async () => {
  const alone = renderObservability(sampleOptions({ mesh: 'linkerd', env: 'prod', parts: ['collector'] }));
  for (const rendering of [objects, alone]) {
    const at = await files('collector', {}, rendering);
    const { code, stdout, stderr } = await runOnce(imageOf('collector'), { [at]: '/config' }, [
      'validate',
      '--config',
      '/config/collector.yaml',
    ]);
    expect(stdout + stderr).not.toMatch(/deprecated|error/i);
    expect(code).toBe(0);
  }
});

test('Prometheus knows every rule and every job of the rendering', async () => {
  const { rules, 'prometheus.yaml': config } = await rendered();
  const loaded = await ask<RuleFile>('/api/v1/rules');
  const sizesOf = (groups: RuleFile['groups']) =>
    groups.map(({ name, rules: each }) => `${name} ${each.length}`).sort();
  expect(sizesOf(loaded.groups)).toEqual(sizesOf(rules.groups));
  const { scrapePools } = await eventually(
    'the jobs',
    30_000,
    () => ask<{ scrapePools: string[] }>('/api/v1/scrape_pools'),
    (seen) => seen.scrapePools.length > 0,
  );
  expect(scrapePools.sort()).toEqual(config.scrape_configs.map(({ job_name }) => job_name).sort());
});

test('Pods are scraped where the mesh puts their metrics, and carry namespace, pod, service and release', async () => {
  const { activeTargets } = await eventually(
    'targets',
    30_000,
    () => ask<Targets>('/api/v1/targets?state=active'),
    (seen) =>
      seen.activeTargets.length === 5 &&
      seen.activeTargets.every(({ health, labels }) => health === 'up' || labels.namespace !== 'observability'),
  );
  const found = activeTargets.map(({ scrapeUrl, labels: { job, namespace, pod, service, release } }) => ({
    scrapeUrl,
    labels: [job, namespace, pod, service, release],
  }));
  expect(found).toEqual(
    expect.arrayContaining([
      {
        scrapeUrl: 'http://10.0.0.7:15020/stats/prometheus',
        labels: ['exchange', 'exchange', 'accounts-1', 'accounts', '1.4.0'],
      },
      {
        scrapeUrl: 'http://10.0.0.9:15014/metrics',
        labels: ['control-plane', 'istio-system', 'istiod-1', undefined, undefined],
      },
      {
        scrapeUrl: `http://${hostOf('collector')}:8889/metrics`,
        labels: ['spans', 'observability', 'collector-1', 'collector', '0.155.0'],
      },
      {
        scrapeUrl: `http://${hostOf('collector')}:8888/metrics`,
        labels: ['observability', 'observability', 'collector-1', 'collector', '0.155.0'],
      },
      {
        scrapeUrl: `http://${hostOf('jaeger')}:8888/metrics`,
        labels: ['observability', 'observability', 'jaeger-1', 'jaeger', '2.0.0'],
      },
    ]),
  );
});

test('under Linkerd applications and proxies are scraped apart, and each program of the control plane', async () => {
  const { activeTargets } = await eventually(
    'targets',
    30_000,
    () => ask<Targets>('/api/v1/targets?state=active', prometheusOfLinkerd),
    (seen) => seen.activeTargets.length === 7,
  );
  const seen = activeTargets.map(({ scrapeUrl, labels: { job, pod, service, release } }) =>
    [job, scrapeUrl, pod, service, release].join(' '),
  );
  expect(seen.filter((target) => !target.includes('observability')).sort()).toEqual([
    'control-plane http://10.0.0.21:4191/metrics identity-1  ',
    'control-plane http://10.0.0.21:9990/metrics identity-1  ',
    'exchange http://10.0.0.20:9090/metrics accounts-2 accounts 2.0.0',
    'proxies http://10.0.0.20:4191/metrics accounts-2 accounts 2.0.0',
  ]);
});

test('spans of an application and of its sidecar are one trace in Jaeger', async () => {
  await sendSpans();
  const trace = await eventually(
    'the trace in Jaeger',
    20_000,
    async () => (await (await fetch(`${jaeger.url(ports.jaeger.query)}/api/traces/${traceId}`)).json()) as JaegerAnswer,
    ({ data }) => data?.[0]?.spans.length === 2,
  );
  const services = Object.values(trace.data?.[0]?.processes ?? {}).map(({ serviceName }) => serviceName);
  expect(services.sort()).toEqual(['accounts', 'accounts.exchange']);
});

test('spans become series of the service that made them, and an exemplar leads back to the trace', async () => {
  await sendSpans();
  const query = 'traces_span_metrics_calls_total';
  const { result } = await eventually(
    query,
    30_000,
    () => ask<{ result: { metric: Record<string, string> }[] }>(`/api/v1/query?query=${query}`),
    (answer) => answer.result.length === 2,
  );
  expect(result.map(({ metric }) => metric)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        job: 'spans',
        namespace: 'exchange',
        service: 'accounts',
        service_name: 'accounts',
        release: '1.4.0',
        span_name: 'GET /v1/accounts/{id}',
        span_kind: 'SPAN_KIND_SERVER',
        http_response_status_code: '200',
      }),
      expect.objectContaining({ namespace: 'exchange', service: 'accounts', service_name: 'accounts.exchange' }),
    ]),
  );
  const bucket = encodeURIComponent('traces_span_metrics_duration_milliseconds_bucket{release="1.4.0"}');
  const exemplars = await eventually(
    'the exemplar',
    30_000,
    () =>
      ask<{ exemplars: { labels: Record<string, string> }[] }[]>(
        `/api/v1/query_exemplars?query=${bucket}&start=${ago(300)}&end=${ago(-60)}`,
      ),
    (series) => series.length > 0,
  );
  expect(exemplars[0]?.exemplars[0]?.labels).toMatchObject({ trace_id: traceId });
});

interface JaegerAnswer {
  readonly data?: readonly {
    readonly spans: readonly unknown[];
    readonly processes: Readonly<Record<string, { readonly serviceName: string }>>;
  }[];
}

interface Targets {
  readonly activeTargets: readonly {
    readonly scrapeUrl: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly health: 'up' | 'down' | 'unknown';
  }[];
}

interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly unknown[] }[];
}

/** Starts a part as its Pod would: its arguments, its user, its files where they are mounted, and the name of its Service. */
function start(
  part: ObservabilityPart,
  config: string,
  published: readonly number[],
  name: string = part,
): Promise<Container> {
  const pod = podOf(part);
  const [container] = pod.containers;
  const files = container?.volumeMounts?.find(({ name }) => name === 'config');
  if (!files) throw new TypeError(`${part} mounts no configuration`);
  return startContainer({
    name: `${suffix}-${name}`,
    image: imageOf(part),
    args: container?.args ?? [],
    user: pod.securityContext?.runAsUser ?? 0,
    network: suffix,
    aliases: name === part ? [hostOf(part)] : [],
    ports: published,
    folders: { [config]: files.mountPath },
  });
}

function imageOf(part: ObservabilityPart): string {
  return versions.observability[part].image;
}

function podOf(part: ObservabilityPart): PodSpec {
  const pod = objects.filter(isPodMaker).find(({ metadata }) => metadata.name === part)?.spec.template.spec;
  if (!pod) throw new TypeError(`nothing makes a Pod of ${part}`);
  return pod;
}

function dataOf(part: ObservabilityPart, rendering: readonly KubeObject[] = objects): Record<string, string> {
  const found = rendering.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === `${part}-config`);
  const data: unknown = found && 'data' in found ? found.data : undefined;
  if (typeof data !== 'object' || data === null) throw new TypeError(`there is no ConfigMap ${part}-config`);
  return Object.fromEntries(Object.entries(data).map(([name, text]) => [name, String(text)]));
}

/** Writes the files of a part's ConfigMap to a folder of their own. */
async function files(
  part: ObservabilityPart,
  changes: Readonly<Record<string, (text: string) => string>> = {},
  rendering: readonly KubeObject[] = objects,
): Promise<string> {
  const at = await mkdtemp(join(folder, `${part}-`));
  await chmod(at, 0o755);
  for (const [name, text] of Object.entries(dataOf(part, rendering))) {
    await writeFile(join(at, name), changes[name]?.(text) ?? text, { mode: 0o644 });
  }
  return at;
}

async function rendered(): Promise<{ rules: RuleFile; 'prometheus.yaml': PrometheusConfig }> {
  const data = dataOf('prometheus');
  return { rules: parse(data['rules.yaml'] ?? ''), 'prometheus.yaml': parse(data['prometheus.yaml'] ?? '') };
}

async function healthy(container: Container, url: string): Promise<void> {
  const ready = async () => {
    const answer = await fetch(url);
    return answer.ok ? 'ok' : `${answer.status} ${await answer.text()}\n${await container.logs()}`;
  };
  await eventually(`${container.name} is healthy`, 30_000, ready, (seen) => seen === 'ok');
}

async function ask<T>(path: string, whom: Container = prometheus): Promise<T> {
  const answer = await fetch(`${whom.url(ports.prometheus.web)}${path}`);
  const body = (await answer.json()) as { status: string; error?: string; data: T };
  if (body.status !== 'success') throw new Error(`${path}: ${body.error}`);
  return body.data;
}

async function sendSpans(): Promise<void> {
  const answer = await fetch(`${collector.url(ports.collector.otlpHttp)}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(twoSpans(traceId)),
  });
  expect(answer.status).toBe(200);
}

/** Unix time in seconds. */
function ago(seconds: number): number {
  return Math.floor(Date.now() / 1000) - seconds;
}
