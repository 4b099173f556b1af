import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CommandContext } from '../command.ts';
import { stateFolder } from '../state-folder.ts';
import { contextTarget, kubernetesNote, requireSameCluster } from './context.ts';
import { claim, ledgerOf, readRecord } from './record.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'parley-context-'));
});
afterEach(() => rmSync(home, { recursive: true }));

async function* nothing(): AsyncGenerator<string> {}

function contextAt(folder: string): CommandContext {
  const sink = { write: () => true };
  return {
    stdout: sink,
    stderr: sink,
    stdin: nothing(),
    env: { PARLEY_HOME: folder },
    signal: new AbortController().signal,
    clock: { now: () => 0, sleep: async () => {} },
    epochMs: () => 0,
    repo: '/nowhere',
  };
}

test('what was made in a cluster is not forgotten when its access is lost', async () => {
  const context = contextAt(home);
  const state = stateFolder(context);
  claim(context, { target: 'context', name: 'theirs', mesh: 'istio' });
  ledgerOf(state).finish('mesh');
  await expect(contextTarget.stop(context, readRecord(state))).rejects.toMatchObject({
    code: 'NoAccess',
    hint: expect.stringContaining('parley up --context theirs, then parley down'),
  });
  expect(readRecord(state)?.made).toEqual({ mesh: 'made' });
});

test('where nothing was made, nothing is asked for and the folder is free', async () => {
  const context = contextAt(home);
  const state = stateFolder(context);
  claim(context, { target: 'context', name: 'theirs', mesh: 'istio' });
  expect(await contextTarget.stop(context, readRecord(state))).toBe(false);
  expect(readRecord(state)).toBeUndefined();
});

test('a Kubernetes that the mesh was not made for is said', () => {
  expect(kubernetesNote('linkerd', 'v1.35.8+k3s1')).toBe('v1.35.8+k3s1');
  expect(kubernetesNote('linkerd', 'v1.36.0')).toBe('v1.36.0, and linkerd is made for 1.31 to 1.35');
});

test('a context that leads to another cluster than before is refused; a first one is noted', async () => {
  const state = stateFolder(contextAt(home));
  claim(contextAt(home), { target: 'context', name: 'mine', mesh: 'istio' });
  const ledger = ledgerOf(state);
  const cluster = (uid: string) => ({ read: async <T>() => ({ metadata: { uid } }) as T });
  const at = { name: 'mine', targetRecord: state.targetRecord };
  await requireSameCluster(cluster('one'), at, ledger);
  ledger.begin('mesh');
  await requireSameCluster(cluster('one'), at, ledger);
  await expect(requireSameCluster(cluster('two'), at, ledger)).rejects.toMatchObject({ code: 'OtherCluster' });
  ledger.forget('mesh');
  await requireSameCluster(cluster('two'), at, ledger);
  expect(readRecord(state)?.identity, 'nothing was made in the first one').toBe('two');
});
