import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';

const parley = join(import.meta.dirname, '../../bin/parley');
let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'parley-export-'));
});
afterAll(() => rmSync(home, { recursive: true }));

function run(args: readonly string[], { env = {}, input = '' }: { env?: Record<string, string>; input?: string } = {}) {
  const environment = { PATH: process.env.PATH ?? '', PARLEY_HOME: join(home, 'state'), ...env };
  const words = ['export', ...args];
  const { status, stdout, stderr } = spawnSync(parley, words, { env: environment, encoding: 'utf8', input });
  return { status, stdout, stderr };
}

const kindsIn = (yaml: string) => parseAllDocuments(yaml).map((document) => document.get('kind'));

const rollout = (service: string, spec: object = {}, namespace?: string) => ({
  apiVersion: 'parley.dev/v1alpha1',
  kind: 'Rollout',
  metadata: { name: service, ...(namespace ? { namespace } : {}) },
  spec: { service, candidate: '2.0.0', ...spec },
});

test('objects alone are on stdout, and what they cannot say on stderr', () => {
  const { status, stdout, stderr } = run(['flagger', 'accounts@2.0.0']);
  expect(kindsIn(stdout)).toEqual(['Canary', 'MetricTemplate', 'MetricTemplate']);
  expect(stderr).toMatch(/^parley: flagger cannot express decision.falseAlarm, .* of Rollout exchange\/accounts: /m);
  expect(stderr).toMatch(/^parley: flagger needs Deployment accounts: /m);
  expect(stderr).not.toContain('has no Rollout');
  expect(status).toBe(0);
});

test('a service without a Rollout gets the one that `rollout start` would make, and it is said', () => {
  const { stdout, stderr } = run(['argo', 'accounts', 'orders'], { env: { MESH: 'linkerd' } });
  expect(kindsIn(stdout).filter((kind) => kind === 'Rollout')).toHaveLength(2);
  expect(stderr).toMatch(/^parley: accounts has no Rollout: .*`parley rollout start accounts \d+\.\d+\.\d+`/m);
  expect(stdout).toContain('outbound_grpc_route_backend_response_statuses_total');
});

test('as JSON it is one document with everything in it', () => {
  const { stdout, stderr } = run(['argo', '-f', '-', '-o', 'json'], { input: JSON.stringify(rollout('accounts')) });
  const document: unknown = JSON.parse(stdout);
  expect(document).toMatchObject({
    apiVersion: 'parley.dev/v1alpha1',
    kind: 'Export',
    engine: 'argo',
    objects: [{ kind: 'Rollout' }, { kind: 'AnalysisTemplate' }, { kind: 'AnalysisTemplate' }],
    not_expressed: expect.arrayContaining([
      { object: 'Rollout exchange/accounts', field: 'decision.falseBlame', reason: expect.any(String) },
    ]),
    needs: expect.arrayContaining([expect.objectContaining({ field: 'spec.workloadRef.name' })]),
  });
  expect(stderr).toBe('');
});

test('a rollout of which nothing can be written is a finding, and says why', () => {
  const strategy = { consumer: { pods: 4, steps: [1] } };
  const { status, stdout, stderr } = run(['flagger', '-f', '-'], {
    input: JSON.stringify(rollout('accounts', { strategy })),
  });
  expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
  expect(stderr).toContain('cannot express strategy.consumer of Rollout exchange/accounts');
});

test('a service that is not of the exchange is exported when it is said what it speaks', () => {
  const file = join(home, 'shop.json');
  writeFileSync(file, JSON.stringify(rollout('basket', {}, 'shop')));
  expect(run(['flagger', '-f', file])).toMatchObject({ status: 2, stderr: expect.stringContaining('--protocol') });
  const prometheus = 'http://prometheus.monitoring:9090';
  const { status, stdout } = run([
    'flagger',
    '-f',
    file,
    '--protocol',
    'http',
    '--port',
    '80',
    '--prometheus',
    prometheus,
  ]);
  expect(status).toBe(0);
  for (const text of ['namespace: shop', 'port: 80', prometheus]) expect(stdout).toContain(text);
});

test.each([
  ['an unknown engine', ['flager', 'accounts'], 2, 'Did you mean flagger?'],
  ['an unknown service', ['argo', 'acounts'], 2, 'Did you mean accounts?'],
  ['an unknown release', ['argo', 'accounts@9.9.9'], 2, 'has no release 9.9.9'],
  [
    'metrics that the mesh lacks',
    ['argo', 'accounts', '--mesh', 'linkerd', '--mesh-metrics', 'envoy'],
    2,
    'linkerd has no such metrics',
  ],
  ['an address that is none', ['argo', 'accounts', '--prometheus', 'here'], 2, 'no URL'],
  ['a file and a service', ['argo', 'accounts', '-f', 'x.yaml'], 2, 'the file says which'],
  ['nothing that runs', ['argo'], 1, 'nothing runs'],
] as const)('%s is refused', (_, args, code, said) => {
  const { status, stdout, stderr } = run(args);
  expect({ status, stdout }).toEqual({ status: code, stdout: '' });
  expect(stderr).toContain(said);
});

test.each([
  [
    'another kind',
    { ...rollout('accounts'), apiVersion: 'argoproj.io/v1alpha1' },
    'argoproj.io/v1alpha1 Rollout accounts',
  ],
  ['a spec that is wrong', rollout('accounts', { candidat: '2.0.0' }), 'candidat'],
])('a file with %s is refused', (_, object, said) => {
  const { status, stdout, stderr } = run(['argo', '-f', '-'], { input: JSON.stringify(object) });
  expect(stdout).toBe('');
  expect(status).not.toBe(0);
  expect(stderr).toContain(said);
});
