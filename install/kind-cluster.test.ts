import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { endKindCluster, kindClusterStep } from './kind-cluster.ts';
import type { ClusterLedger, Thing } from './ledger.ts';
import type { Site } from './site.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-kind-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A program of the test's own, in the folder that its PATH begins with. */
function program(name: string, script: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, name), 0o755);
}

function siteHere(): Site {
  return {
    env: { PATH: `${folder}:${process.env.PATH}` },
    signal: new AbortController().signal,
    clock: { now: () => 0, sleep: async () => {} },
    home: folder,
    kubeconfig: join(folder, 'kubeconfig'),
    openObjects: () => Promise.reject(new Error('there is no cluster')),
  };
}

/** A ledger in memory that begins with these. */
function ledgerWith(states: Map<Thing, 'begun' | 'made'>, identity?: string): ClusterLedger {
  let known = identity;
  return {
    state: (thing) => states.get(thing),
    begin: (thing) => void states.set(thing, 'begun'),
    finish: (thing) => void states.set(thing, 'made'),
    forget: (thing) => void states.delete(thing),
    identity: () => known,
    identify: (found) => {
      known = found;
    },
  };
}

const optionsFor = (ledger: ClusterLedger) => ({ name: 'second', ports: { http: 1, https: 2 }, repo: folder, ledger });

async function create(words: string) {
  // Lists no cluster, and fails to create one.
  program('kind', `[ "$1" = get ] && exit 0\necho '${words}' >&2\nexit 1`);
  const ledger = ledgerWith(new Map());
  const error = await kindClusterStep(siteHere(), optionsFor(ledger))
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

test.each([
  ['the one that was made', 'one', 'one', 'kind second'],
  ['one of which nothing was noted', undefined, 'one', 'kind second'],
  ['another that has its name now', 'one', 'two', undefined],
])('%s is found: known %s, there %s', async (_, known, there, seen) => {
  program('kind', `case "$1" in get) echo second;; delete) echo "$@" > '${folder}/deleted';; esac`);
  program('docker', `case "$*" in *control-plane*) echo ${there};; *) echo second-control-plane running;; esac`);
  writeFileSync(join(folder, 'kubeconfig'), '');
  const made = () => ledgerWith(new Map([['cluster', 'made']]), known);
  const [looking, ending] = [made(), made()];
  const refused = { code: 'ClusterOfOthers', hint: expect.stringContaining('parley up') };
  const looked = kindClusterStep(siteHere(), optionsFor(looking)).look();
  if (seen) expect(await looked).toBe(seen);
  else await expect(looked).rejects.toMatchObject(refused);
  expect(looking.state('cluster')).toBe(seen && 'made');
  if (seen) expect(looking.identity()).toBe(there);
  const ended = endKindCluster(siteHere(), 'second', ending);
  if (seen) await ended;
  else await expect(ended).rejects.toMatchObject(refused);
  const deleted = join(folder, 'deleted');
  expect(existsSync(deleted) && readFileSync(deleted, 'utf8').startsWith('delete cluster --name second')).toBe(
    seen !== undefined,
  );
});
