import { expect, test } from 'vitest';
import type { ClusterLedger } from '../../install/ledger.ts';
import type { Site } from '../../install/site.ts';
import type { MeshName } from '../../mesh/intent.ts';
import { createProgress } from '../output/progress.ts';
import { meshSteps } from './mesh-steps.ts';
import { readSettings } from './settings.ts';

const clock = { now: () => 0, sleep: async () => {} };
const sink = { write: () => true };
const signal = new AbortController().signal;
const ledger: ClusterLedger = {
  ...{ state: () => undefined, identity: () => undefined },
  ...{ begin: () => {}, finish: () => {}, forget: () => {}, identify: () => {} },
};
const site: Site = {
  env: {},
  signal,
  clock,
  home: '/nowhere',
  kubeconfig: '/nowhere/kubeconfig',
  openObjects: () => Promise.reject(new Error('nothing is opened to list the steps')),
};

function titles(mesh: MeshName, capture: string): string[] {
  const env = { MESH: mesh, PARLEY_CAPTURE: capture };
  const nothing = { args: [], text: () => undefined, flag: () => false, output: 'text' } as const;
  const settings = readSettings(env, nothing, { name: 'kind' });
  const context = { stdout: sink, stderr: sink, stdin: none(), env, signal, clock, epochMs: () => 0, repo: '/nowhere' };
  const progress = createProgress(sink, env, clock);
  return meshSteps(site, { context, progress, settings, ledger }).map(({ title }) => title);
}

async function* none(): AsyncGenerator<string> {}

test.each([
  ['istio', 'cni', ['Gateway API', 'mesh']],
  ['istio', 'init', ['Gateway API', 'mesh']],
  [
    'linkerd',
    'cni',
    [
      'Gateway API',
      'mesh: CNI plug-in',
      'mesh: checks before',
      'mesh: resource types',
      'mesh: control plane',
      'mesh: ready',
    ],
  ],
  [
    'linkerd',
    'init',
    ['Gateway API', 'mesh: checks before', 'mesh: resource types', 'mesh: control plane', 'mesh: ready'],
  ],
] as const)('the steps of %s with capture by %s', (mesh, capture, steps) => {
  expect(titles(mesh, capture)).toEqual(steps);
});
