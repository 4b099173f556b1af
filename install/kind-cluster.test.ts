import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { kindClusterStep } from './kind-cluster.ts';
import type { Ledger, Thing } from './ledger.ts';
import type { Site } from './site.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-kind-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A program `kind` that lists no cluster and fails to create one with these words. */
function failingKind(words: string): string {
  const program = join(folder, 'kind');
  writeFileSync(program, `#!/bin/sh\n[ "$1" = get ] && exit 0\necho '${words}' >&2\nexit 1\n`);
  chmodSync(program, 0o755);
  return `${folder}:${process.env.PATH}`;
}

async function create(
  words: string,
): Promise<{ readonly error: unknown; readonly left: 'begun' | 'made' | undefined }> {
  const states = new Map<Thing, 'begun' | 'made'>();
  const ledger: Ledger = {
    state: (thing) => states.get(thing),
    begin: (thing) => void states.set(thing, 'begun'),
    finish: (thing) => void states.set(thing, 'made'),
    forget: (thing) => void states.delete(thing),
  };
  const site: Site = {
    env: { PATH: failingKind(words) },
    signal: new AbortController().signal,
    clock: { now: () => 0, sleep: async () => {} },
    home: folder,
    kubeconfig: join(folder, 'kubeconfig'),
    openObjects: () => Promise.reject(new Error('there is no cluster')),
  };
  const options = { name: 'second', ports: { http: 1, https: 2 }, repo: folder, ledger };
  const error = await kindClusterStep(site, options)
    .run(() => {})
    .catch((reason: unknown) => reason);
  return { error, left: ledger.state('cluster') };
}

test('a cluster that another call made in between is not noted, so that down leaves it', async () => {
  const words = 'ERROR: failed to create cluster: node(s) already exist for a cluster with the name "second"';
  expect(await create(words)).toMatchObject({ error: { code: 'ClusterOfOthers' }, left: undefined });
});

test('a cluster of which kind made a part stays noted, so that down removes it', async () => {
  const words = 'ERROR: failed to create cluster: failed to init node with kubeadm';
  expect(await create(words)).toMatchObject({ error: { code: 'ProgramFailed' }, left: 'begun' });
});
