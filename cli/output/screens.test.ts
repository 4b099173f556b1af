import { test } from 'vitest';
import { exchangeStatus } from '../exchange-status.ts';
import { checkScreen } from './check-screen.ts';
import { diffScreen } from './diff-screen.ts';
import { edgesScreen } from './edges-screen.ts';
import { loadScreen } from './load-screen.ts';
import { matchesGolden, plain } from './matches-golden.ts';
import { statusScreen } from './status-screen.ts';

test('status', () => {
  const release = (version: string, weight: number, ready = 1) => ({ version, weight, ready, replicas: 1 });
  const status = exchangeStatus({ name: 'embedded', running: true, mesh: 'istio', server: 'https://127.70.0.1:6443' }, [
    { name: 'accounts', url: 'http://127.0.0.1:7080/v1', releases: [release('1.4.0', 90), release('2.0.0', 10)] },
    { name: 'identity', url: 'http://127.0.0.1:7080/oauth', releases: [release('1.0.0', 100)] },
    { name: 'orders', releases: [release('1.4.0', 100, 0)], pending: 'the sidecars have not confirmed it yet' },
  ]);
  matchesGolden('status', statusScreen(status, plain));
  const notIsolated = [
    { pod: 'debug', reason: 'every local process can connect around the sidecar to 127.70.1.4:8080' },
  ];
  const rollout = { candidate: '2.0.0', phase: 'Analysing', stage: '1/3 10 %', verdict: 'inconclusive' } as const;
  const [accounts, ...others] = status.services;
  const rolling = { ...status, services: [...(accounts ? [{ ...accounts, rollout }] : []), ...others] };
  matchesGolden('status-rollout', statusScreen(rolling, plain));
  matchesGolden('status-holes', statusScreen({ ...status, notIsolated }, plain));
});

test('status of nothing', () => {
  const status = exchangeStatus({ name: 'embedded', running: false, reason: 'no daemon serves its state folder' }, []);
  matchesGolden('status-down', statusScreen(status, plain));
});

test('check', () => {
  const row = (
    category: 'programs' | 'ports',
    description: string,
    outcome: Parameters<typeof checkScreen>[0][0]['outcome'],
  ) => ({
    check: { category, description },
    outcome,
  });
  const screen = checkScreen(
    [
      row('programs', 'Node.js 22.18 or later', { result: 'success', found: '24.21.0' }),
      row('programs', 'Envoy', { result: 'warning', found: 'none yet', hint: 'parley up' }),
      row('ports', 'HTTP port of the edge', {
        result: 'error',
        found: '7080 is taken by process 12 (nginx)',
        hint: 'export PARLEY_HTTP_PORT=17080',
      }),
    ],
    plain,
  );
  matchesGolden('check', screen);
});

test('load', () => {
  const latency = { p50Ms: 4.21, p90Ms: 8, p99Ms: 21.5, maxMs: 40 };
  const kind = {
    kind: 'rest' as const,
    targetRps: 10,
    sent: 100,
    ok: 98,
    failed: 1,
    wrong: 1,
    latency,
    releases: { '1.4.0': { ok: 90, failed: 0, wrong: 0, latency }, '2.0.0': { ok: 8, failed: 1, wrong: 1, latency } },
    reasons: { 'status 503': 1, 'wrong body': 1 },
    faults: [
      {
        number: 7,
        atMs: 100,
        outcome: 'failed' as const,
        reason: 'status 503',
        message: 'status 503: away',
        release: '2.0.0',
      },
      {
        number: 9,
        atMs: 120,
        outcome: 'wrong' as const,
        reason: 'wrong body',
        message: 'another account',
        release: '2.0.0',
      },
    ],
    streams: { messages: 0, gaps: 0, duplicates: 0, resumed: 0 },
  };
  matchesGolden(
    'load',
    loadScreen({ durationMs: 10_000, sent: 100, ok: 98, failed: 1, wrong: 1, kinds: [kind] }, plain),
  );
});

test('diff', () => {
  const of = (kind: string, name: string) => ({ kind, namespace: 'exchange', name });
  const fields = [
    { path: 'metadata.labels.old', from: 'x' },
    { path: 'spec.replicas', from: 1, to: 2 },
    { path: 'spec.template.spec.containers', from: [{ image: 'a'.repeat(80) }], to: [] },
    { path: 'spec.paused', to: true },
  ];
  const steps = [{ title: 'cluster', found: 'kind parley' }, { title: 'mesh' }];
  const objects = [
    { kind: 'Namespace', name: 'exchange', result: 'unchanged' },
    { ...of('Deployment', 'accounts-2-0-0'), result: 'created' },
    { ...of('Deployment', 'accounts-1-4-0'), result: 'configured', fields },
    { ...of('Service', 'accounts-1-3-0'), result: 'removed' },
  ] as const;
  matchesGolden('diff', diffScreen({ steps, objects }, plain));
});

test('edges', () => {
  const edge = (source: string, destination: string) => ({
    source,
    destination,
    port: 8080,
    clientIdentity: `spiffe://cluster.local/ns/exchange/sa/${source}`,
    serverIdentity: `spiffe://cluster.local/ns/exchange/sa/${destination}`,
  });
  const yes = { state: 'yes' } as const;
  const screen = edgesScreen(
    [
      { ...edge('edge', 'accounts'), secured: yes, connections: 12, handshakes: 12 },
      { ...edge('orders', 'accounts'), secured: yes, connections: 0 },
      {
        ...edge('portfolio', 'accounts'),
        secured: { state: 'no', reason: 'Pod accounts-1, filter chain in/p8080: takes plain text' },
        connections: 3,
      },
      { ...edge('portfolio', 'orders'), secured: { state: 'unknown', reason: 'orders has no ready Pod' } },
    ],
    plain,
  );
  matchesGolden('edges', screen);
  matchesGolden('edges-secured', edgesScreen([{ ...edge('edge', 'accounts'), secured: yes, connections: 12 }], plain));
});
