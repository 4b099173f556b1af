import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../kube/clock.ts';
import { versions } from '../../mesh/versions.ts';
import { configFile } from '../../observability/config-file.ts';
import { ports } from '../../observability/names.ts';
import { prometheusEvidence } from '../../rollout/evidence/prometheus-evidence.ts';
import type { EvidenceReader, EvidenceTarget } from '../../rollout/evidence/source.ts';
import { eventually } from '../eventually.ts';
import { type Container, docker, removeContainers, startContainer } from './container.ts';
import { gatewayOf } from './metrics/prometheus-run.ts';

/** Evidence out of a real Prometheus, which scrapes proxies that show the recorded calls as often as a test says. */
const network = `parley-evidence-${process.pid}`;
const inside = '/etc/parley/prometheus';
const target: EvidenceTarget = {
  ...{ namespace: 'exchange', service: 'accounts', port: 8080, protocol: 'http' },
  ...{ stable: '1.4.0', candidate: '2.0.0', counters: [], gauges: [] },
};

interface Proxy {
  /** How often the recorded calls were made since the proxy started; undefined: it does not answer. */
  times: number | undefined;
  readonly server: Server;
}
const meshes = { istio: 'istio-standard', envoy: 'istio-envoy', linkerd: 'linkerd-standard' } as const;
const proxies = new Map<string, Proxy>();
let folder = '';
let prometheus: Container;
const url = () => prometheus.url(ports.prometheus.web);

async function startProxy(host: string, file: string): Promise<string> {
  const text = await readFile(join(import.meta.dirname, `metrics/recorded/${file}.prom`), 'utf8');
  const proxy: Proxy = {
    times: 100,
    server: createServer((_request, response) => {
      const { times } = proxy;
      if (times === undefined) return response.writeHead(503).end();
      const grown = text.replaceAll(
        /^([^#].*) (\d+)$/gm,
        (_line, series, value) => `${series} ${Number(value) * times}`,
      );
      return response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(grown);
    }),
  };
  await new Promise<void>((resolve) => void proxy.server.listen(0, host, resolve));
  proxies.set(file, proxy);
  return `${host}:${(proxy.server.address() as AddressInfo).port}`;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-evidence-'));
  await chmod(folder, 0o755);
  await docker(['network', 'create', network]);
  const host = await gatewayOf(network);
  const jobs = await Promise.all(
    Object.values(meshes).map(async (mesh) => ({
      job_name: mesh,
      static_configs: [
        { targets: [await startProxy(host, `${mesh}/portfolio`), await startProxy(host, `${mesh}/edge`)] },
      ],
    })),
  );
  const config = { global: { scrape_interval: '1s', scrape_timeout: '1s' }, scrape_configs: jobs };
  await writeFile(join(folder, 'prometheus.yaml'), configFile(config), { mode: 0o644 });
  prometheus = await startContainer({
    name: `${network}-prometheus`,
    image: versions.observability.prometheus.image,
    args: [`--config.file=${inside}/prometheus.yaml`, '--storage.tsdb.path=/tmp/data'],
    ...{ user: 65_534, network, aliases: [], ports: [ports.prometheus.web], folders: { [folder]: inside } },
  });
  await eventually('every proxy was scraped', 60_000, async () => {
    const answer = await fetch(`${url()}/api/v1/query?query=sum(up)`);
    return (
      ((await answer.json()) as { data: { result: { value: [number, string] }[] } }).data.result[0]?.value[1] === '6'
    );
  });
});
afterAll(async () => {
  for (const { server } of proxies.values()) server.close().closeAllConnections();
  await removeContainers(network);
  await docker(['network', 'rm', network]);
  await rm(folder, { recursive: true, force: true });
});

/** Sums of stable and candidate as they are read. */
function summing(reader: EvidenceReader) {
  const sums = { stable: 0, candidate: 0, slow: 0 };
  return async () => {
    const reading = await reader.read();
    if (reading.kind === 'missing') throw new Error(`${reading.reason} (${reading.hint})`);
    sums.stable += reading.stable.requests;
    sums.candidate += reading.candidate.requests;
    sums.slow += reading.stable.latency?.counts.reduce((sum, count) => sum + count, 0) ?? 0;
    return { ...sums };
  };
}

test.each(Object.entries(meshes))(
  'calls are counted by the series of %s, over restarts and scrapes that fail',
  async (name, mesh) => {
    const dialect = name as keyof typeof meshes;
    const [portfolio, edge] = ['portfolio', 'edge'].map((each) => proxies.get(`${mesh}/${each}`));
    if (!portfolio || !edge) throw new Error('no proxy');
    const source = prometheusEvidence({ url: url(), dialect, clock: systemClock });
    expect(await source.preflight(target)).toEqual([]);
    const sum = summing(source.open(target));
    const givenUp = dialect === 'envoy' ? 1 : 0;
    const reads = async (stable: number, candidate: number) => {
      const seen = await eventually(
        `${stable} calls`,
        20_000,
        sum,
        (now) => now.stable >= stable && now.candidate >= candidate,
      );
      expect(seen).toMatchObject({ stable, candidate });
      return seen;
    };
    await reads(0, 0);
    portfolio.times = 103;
    edge.times = 101;
    await reads(3 * 34 + 10, 3 * (10 + givenUp));
    portfolio.times = undefined;
    const up = async () => (await (await fetch(`${url()}/api/v1/query?query=sum(up)`)).json()).data.result[0].value[1];
    await eventually('a scrape failed', 20_000, up, (answer) => answer === '5');
    await sum();
    portfolio.times = 105;
    await reads(5 * 34 + 10, 5 * (10 + givenUp));
    portfolio.times = 2;
    const { slow } = await reads(7 * 34 + 10, 7 * (10 + givenUp));
    expect(slow).toBe(7 * 34 + 10);
    await source.close();
  },
);

test('what is not there is named: series, label, release', async () => {
  const source = prometheusEvidence({ url: url(), dialect: 'istio', clock: systemClock });
  const [namespace] = await source.preflight({ ...target, namespace: 'other' });
  expect(namespace?.what).toBe('label destination_service_namespace="other" of istio_requests_total');
  const [candidate] = await source.preflight({ ...target, candidate: '9.9.9' });
  expect(candidate?.what).toContain('destination_service_name="accounts-9-9-9"');
  const reader = source.open({ ...target, namespace: 'other' });
  const reading = await eventually(
    'it is missing',
    5000,
    () => reader.read(),
    ({ kind }) => kind === 'missing',
  );
  expect(reading).toMatchObject({ reason: expect.stringContaining('destination_service_namespace="other"') });
  await source.close();
});

test('a Prometheus that stops answering is missing after a while, and not before', async () => {
  const source = prometheusEvidence({ url: url(), dialect: 'istio', clock: systemClock });
  const reader = source.open(target);
  await eventually(
    'it answers',
    5000,
    () => reader.read(),
    ({ kind }) => kind === 'counts',
  );
  await docker(['stop', '--time', '1', prometheus.name]);
  const stoppedAtMs = performance.now();
  expect(await reader.read()).toMatchObject({ kind: 'counts', candidate: { requests: 0 } });
  const missing = await eventually(
    'it is missing',
    20_000,
    () => reader.read(),
    ({ kind }) => kind === 'missing',
  );
  expect(performance.now() - stoppedAtMs).toBeGreaterThan(2000);
  expect(missing).toMatchObject({
    reason: expect.stringContaining('Prometheus at'),
    hint: expect.stringContaining('curl'),
  });
  await source.close();
});
