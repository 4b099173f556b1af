import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { stateFolder } from '../state-folder.ts';
import { claim, ledgerOf, readRecord, removeRecord } from './record.ts';

let context: { env: { PARLEY_HOME: string }; repo: string };
beforeEach(() => {
  context = { env: { PARLEY_HOME: mkdtempSync(join(tmpdir(), 'parley-record-')) }, repo: '/nowhere' };
});
afterEach(() => rmSync(context.env.PARLEY_HOME, { recursive: true }));

const hosts = { http: '127.0.0.1:7080', https: '127.0.0.1:7443' };
const kind = { target: 'kind', name: 'parley', mesh: 'istio', hosts } as const;

test('what is begun is on disk before it is made, and stays noted over the next up', () => {
  const state = stateFolder(context);
  expect(readRecord(state)).toBeUndefined();
  claim(context, kind);
  const ledger = ledgerOf(state);
  ledger.begin('cluster');
  expect(readRecord(state)?.made).toEqual({ cluster: 'begun' });
  ledger.finish('cluster');
  ledger.begin('mesh');
  claim(context, kind);
  expect(readRecord(state)).toEqual({ ...kind, made: { cluster: 'made', mesh: 'begun' } });
  expect(statSync(state.targetRecord).mode & 0o777).toBe(0o600);
  expect(readdirSync(state.path)).toEqual(['target.json']);
});

test('with the cluster goes all that was made in it', () => {
  const state = stateFolder(context);
  claim(context, kind);
  const ledger = ledgerOf(state);
  for (const thing of ['cluster', 'gateway-api', 'mesh'] as const) ledger.finish(thing);
  ledger.forget('mesh');
  expect(readRecord(state)?.made).toEqual({ cluster: 'made', 'gateway-api': 'made' });
  ledger.forget('cluster');
  expect(readRecord(state)?.made).toEqual({});
});

test('a folder that belongs to another target, mesh or pair of ports is refused with the next command', () => {
  claim(context, kind);
  for (const thing of ['cluster', 'mesh'] as const) ledgerOf(stateFolder(context)).finish(thing);
  const refused = (wanted: Parameters<typeof claim>[1]) => {
    try {
      claim(context, wanted);
    } catch (error) {
      return error;
    }
    return 'accepted';
  };
  const hint = expect.stringContaining('parley down');
  expect(refused({ target: 'embedded', mesh: 'istio' })).toMatchObject({ code: 'OtherTarget', hint });
  expect(refused({ ...kind, name: 'second' })).toMatchObject({ code: 'OtherTarget', hint });
  expect(refused({ ...kind, mesh: 'linkerd' })).toMatchObject({ code: 'OtherMesh', hint });
  for (const others of [{ http: '127.0.0.1:17080' }, { https: '127.0.0.1:17443' }]) {
    expect(refused({ ...kind, hosts: { ...hosts, ...others } })).toMatchObject({ code: 'OtherPorts', hint });
  }
  ledgerOf(stateFolder(context)).forget('cluster');
  expect(refused({ target: 'embedded', mesh: 'istio' }), 'nothing is there any more').toBe('accepted');
  removeRecord(stateFolder(context));
  expect(readRecord(stateFolder(context))).toBeUndefined();
});

test('another storage than that of the exchange that was made is refused', () => {
  claim(context, { ...kind, storage: 'ephemeral' });
  claim(context, { ...kind, storage: 'claim' });
  ledgerOf(stateFolder(context)).begin('exchange');
  expect(() => claim(context, { ...kind, storage: 'ephemeral' })).toThrow('has its storage as `claim`');
  expect(readRecord(stateFolder(context))?.storage).toBe('claim');
});

test('a record that cannot be understood is a named failure', () => {
  const state = stateFolder(context);
  writeFileSync(state.targetRecord, '{"target": "moon"}');
  expect(() => readRecord(state)).toThrow('does not say what runs');
});
