import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Clock } from '../../kube/clock.ts';
import { envoyEvidence, linkerdEvidence } from './scraped-proxies.ts';
import type { EvidenceTarget } from './source.ts';

const recorded = join(import.meta.dirname, '../../tests/kind/metrics/recorded');
const target: EvidenceTarget = {
  ...{ namespace: 'exchange', service: 'accounts', port: 8080, protocol: 'http' },
  ...{ stable: '1.4.0', candidate: '2.0.0', counters: [], gauges: [] },
};

/** A clock that stands until it is moved; what was to happen by then happens. */
function handClock(): Clock & { move(ms: number): void } {
  let nowMs = 0;
  const timers = new Set<{ readonly atMs: number; readonly run: () => void }>();
  return {
    now: () => nowMs,
    after(delayMs, run) {
      const timer = { atMs: nowMs + delayMs, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    move(ms) {
      nowMs += ms;
      for (const timer of [...timers].filter(({ atMs }) => atMs <= nowMs)) {
        timers.delete(timer);
        timer.run();
      }
    },
  };
}

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** A proxy that shows the recorded calls as often as it is told, and keeps what it was asked. */
async function startProxy(file: string) {
  const text = readFileSync(join(recorded, `${file}.prom`), 'utf8');
  const proxy = { times: 1, mode: 'answer' as 'answer' | 'silent' | 'refuse', asked: [] as string[], port: 0 };
  const server = createServer((request, response) => {
    proxy.asked.push(request.url ?? '');
    if (proxy.mode === 'silent') return;
    if (proxy.mode === 'refuse') return response.writeHead(503).end();
    const grown = text.replaceAll(/^([^#].*) (\d+)$/gm, (_line, series, value) => `${series} ${value * proxy.times}`);
    return response.end(grown);
  });
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  proxy.port = (server.address() as AddressInfo).port;
  return proxy;
}

const pod = (id: string) => ({ id, name: `exchange/${id}`, ip: '127.0.0.1' });

test.each([
  { open: envoyEvidence, file: 'istio-envoy/portfolio', givenUp: 1 },
  { open: linkerdEvidence, file: 'linkerd-standard/portfolio', givenUp: 0 },
])('$file: all readers share one question, and each is told what is new to it', async ({ open, file, givenUp }) => {
  const proxy = await startProxy(file);
  const clock = handClock();
  const source = open({ pods: () => [pod('portfolio')], clock, port: proxy.port });
  const first = source.open(target);
  const second = source.open({ ...target, stable: '2.0.0', candidate: '1.4.0' });
  expect(await first.read()).toMatchObject({ kind: 'counts', stable: { requests: 0 } });
  clock.move(1000);
  await second.read();
  proxy.times = 3;
  clock.move(1000);
  const asked = proxy.asked.length;
  const [one, other] = await Promise.all([first.read(), second.read()]);
  expect(proxy.asked.length - asked).toBe(1);
  expect(one).toMatchObject({ stable: { requests: 68 }, candidate: { requests: 2 * (10 + givenUp), failures: 0 } });
  expect(other).toMatchObject({ candidate: { requests: 68 } });
  expect(await first.read()).toMatchObject({ stable: { requests: 0 } });
  for (const reader of [first, second]) reader.close();
  await source.close();
});

test('Envoy is asked for the clusters of the releases and for nothing else', async () => {
  const proxy = await startProxy('istio-envoy/portfolio');
  const source = envoyEvidence({ pods: () => [pod('portfolio')], clock: handClock(), port: proxy.port });
  expect(await source.preflight(target)).toEqual([]);
  const filter = new RegExp(new URL(proxy.asked[0] ?? '', 'http://proxy').searchParams.get('filter') ?? '');
  const name = (cluster: string, counter: string) =>
    `cluster.outbound|8080||${cluster}.exchange.svc.cluster.local;.${counter}`;
  expect(filter.test(name('accounts-2-0-0', 'upstream_rq_5xx'))).toBe(true);
  expect(filter.test(name('accounts-2-0-0', 'grpc.14'))).toBe(true);
  expect(filter.test(name('accounts-2-0-0', 'ssl.handshake'))).toBe(false);
  expect(filter.test(name('orders-2-0-0', 'upstream_rq_5xx'))).toBe(false);
  await source.close();
});

test('a caller that does not answer is forgiven for a moment, and named after three seconds', async () => {
  const proxy = await startProxy('istio-envoy/portfolio');
  const clock = handClock();
  const source = envoyEvidence({ pods: () => [pod('portfolio')], clock, port: proxy.port });
  const reader = source.open(target);
  await reader.read();
  proxy.mode = 'refuse';
  clock.move(1000);
  expect(await reader.read()).toMatchObject({ kind: 'counts' });
  clock.move(2999);
  expect(await reader.read()).toMatchObject({ kind: 'counts' });
  clock.move(1);
  expect(await reader.read()).toMatchObject({
    kind: 'missing',
    reason: expect.stringContaining(
      'the proxy of exchange/portfolio, which calls the service, has not answered for 3.0 s',
    ),
  });
  proxy.mode = 'answer';
  proxy.times = 2;
  clock.move(1000);
  expect(await reader.read()).toMatchObject({ kind: 'counts', stable: { requests: 34 } });
  await source.close();
});

test('a proxy that hangs keeps nobody waiting, and one that is new counts from zero', async () => {
  const hanging = await startProxy('istio-envoy/portfolio');
  const clock = handClock();
  let pods = [pod('hangs')];
  const source = envoyEvidence({ pods: () => pods, clock, port: hanging.port });
  const reader = source.open(target);
  await reader.read();
  hanging.mode = 'silent';
  clock.move(1000);
  const reading = reader.read();
  clock.move(200);
  expect(await reading).toMatchObject({ kind: 'counts', stable: { requests: 0 } });
  hanging.mode = 'answer';
  pods = [...pods, pod('new')];
  clock.move(1000);
  expect(await reader.read()).toMatchObject({ kind: 'counts', stable: { requests: 34 } });
  await source.close();
});

test('what cannot be counted is said', async () => {
  const proxy = await startProxy('linkerd-standard/portfolio');
  const clock = handClock();
  const none = envoyEvidence({ pods: () => [], clock });
  expect(await none.open(target).read()).toMatchObject({ kind: 'missing', reason: expect.stringContaining('no Pod') });
  const linkerd = linkerdEvidence({ pods: () => [pod('portfolio')], clock, port: proxy.port });
  const tcp = { ...target, protocol: 'tcp' } as const;
  expect(await linkerd.open(tcp).read()).toMatchObject({ reason: expect.stringContaining('count no connections') });
  const [calls] = await linkerd.preflight({ ...target, candidate: '3.0.0' });
  expect(calls?.what).toContain('accounts-3-0-0.exchange:8080: no proxy has counted a call');
  await Promise.all([none.close(), linkerd.close()]);
});
