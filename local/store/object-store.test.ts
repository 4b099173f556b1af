import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createKinds } from './kinds.ts';
import { openStore, type StoreOptions } from './object-store.ts';
import type { KubeObject, WatchEvent } from './types.ts';

const pod = (name: string, extra: Record<string, unknown> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default' },
  spec: { containers: [{ name: 'app', image: 'a' }], ...extra },
});
const configMap = (name: string, data: Record<string, string> = {}, namespace = 'default'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
  data,
});
const namespace = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

function open(options: Partial<StoreOptions> = {}) {
  const clock = { time: Date.UTC(2030, 0, 1), now: () => clock.time };
  const store = openStore({ file: ':memory:', clock, kinds: createKinds(), ...options });
  onTestFinished(() => store.close());
  if (!store.get('Namespace', 'default')) store.create(namespace('default'));
  return { store, clock };
}

function storeFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'parley-store-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'store.db');
}

test('create assigns what the server owns and ignores status', () => {
  const { store } = open();
  const made = store.create({ ...pod('a'), status: { phase: 'Running' } });
  expect(made.metadata).toMatchObject({
    generation: 1,
    resourceVersion: '2',
    creationTimestamp: '2030-01-01T00:00:00Z',
  });
  expect(made.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
  expect(made.status).toBeUndefined();
  expect(() => store.create(pod('a'))).toThrow('pods "a" already exists');
});

test('a write with an old resourceVersion is a conflict, without one it is unconditional', () => {
  const { store } = open();
  const made = store.create(configMap('c', { a: '1' }));
  const next = store.update({ ...made, data: { a: '2' } });
  expect(() => store.update({ ...made, data: { a: '3' } })).toThrow(/the object has been modified/);
  expect(store.update(configMap('c', { a: '4' })).metadata.uid).toBe(next.metadata.uid);
});

test('generation follows the spec only; a no-op write keeps the resourceVersion and is silent', () => {
  const { store } = open();
  const made = store.create(pod('a'));
  const seen: WatchEvent[] = [];
  store.watch('Pod', (event) => seen.push(event));
  expect(store.update(pod('a')).metadata.resourceVersion).toBe(made.metadata.resourceVersion);
  const labelled = store.update({ ...made, metadata: { ...made.metadata, labels: { a: 'b' } } });
  expect(labelled.metadata.generation).toBe(1);
  const ready = store.updateStatus({ ...labelled, spec: { lost: true }, status: { phase: 'Running' } });
  expect(ready).toMatchObject({ metadata: { generation: 1 }, status: { phase: 'Running' }, spec: made.spec });
  const changed = store.update(pod('a', { nodeName: 'here' }));
  expect(changed).toMatchObject({ metadata: { generation: 2 }, status: { phase: 'Running' } });
  expect(seen.map((event) => event.object.metadata.resourceVersion)).toEqual(['3', '4', '5']);
});

test('finalizers hold a deletion until the last one is gone', () => {
  const { store } = open();
  const made = store.create({ ...configMap('c'), metadata: { name: 'c', namespace: 'default', finalizers: ['a/b'] } });
  const marked = store.delete('ConfigMap', 'c', 'default');
  expect(marked?.metadata).toMatchObject({ deletionTimestamp: '2030-01-01T00:00:00Z', generation: 2 });
  const events: string[] = [];
  store.watch('ConfigMap', (event) => events.push(event.type));
  store.update({ ...made, metadata: { name: 'c', namespace: 'default', finalizers: [] } });
  expect(store.get('ConfigMap', 'c', 'default')).toBeUndefined();
  expect(events).toEqual(['DELETED']);
});

test('a Pod waits with its grace period until it is deleted with 0', () => {
  const { store } = open();
  store.create(pod('a', { terminationGracePeriodSeconds: 7 }));
  expect(store.delete('Pod', 'a', 'default')?.metadata).toMatchObject({
    deletionTimestamp: '2030-01-01T00:00:07Z',
    deletionGracePeriodSeconds: 7,
  });
  const again = store.delete('Pod', 'a', 'default', { gracePeriodSeconds: 30 });
  expect(again?.metadata.deletionGracePeriodSeconds).toBe(7);
  store.delete('Pod', 'a', 'default', { gracePeriodSeconds: 0 });
  expect(store.get('Pod', 'a', 'default')).toBeUndefined();
});

test('a Namespace goes with the last object in it and takes no new ones meanwhile', () => {
  const { store } = open();
  store.create(namespace('shop'));
  store.create(configMap('c', {}, 'shop'));
  expect(store.delete('Namespace', 'shop')?.status).toEqual({ phase: 'Terminating' });
  expect(() => store.create(configMap('d', {}, 'shop'))).toThrow(/because it is being terminated/);
  store.delete('ConfigMap', 'c', 'shop');
  expect(store.get('Namespace', 'shop')).toBeUndefined();
  expect(() => store.create(configMap('d', {}, 'shop'))).toThrow('namespaces "shop" not found');
});

test('names: generateName, and the rule of the kind', () => {
  const { store } = open({ ids: { uid: () => 'u', suffix: () => 'xxxxx' } });
  expect(store.create({ ...pod(''), metadata: { generateName: 'web-', namespace: 'default' } }).metadata.name).toBe(
    'web-xxxxx',
  );
  expect(() => store.create(configMap('Bad_Name'))).toThrow(/metadata.name: Invalid value: "Bad_Name"/);
  const service = (name: string) => ({ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'default' } });
  expect(() => store.create(service('1st'))).toThrow(/DNS-1035/);
  expect(() => store.create({ ...configMap('x'), apiVersion: 'v2' })).toThrow(/served versions: v1/);
  expect(() => store.create({ apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'x' } })).toThrow(
    /use a Deployment/,
  );
});

test('what a caller does with an object does not reach the store', () => {
  const { store } = open();
  const made = store.create(configMap('c', { a: '1' }));
  (made.data as Record<string, string>).a = 'changed';
  store.watch('ConfigMap', (event) => {
    event.object.data = 'changed';
  });
  store.update(configMap('c', { a: '2' }));
  expect(store.get('ConfigMap', 'c', 'default')?.data).toEqual({ a: '2' });
});

test('a write made inside a listener is seen by all after the one that caused it', () => {
  const { store } = open();
  const seen: string[] = [];
  store.watch('*', ({ object }) => {
    if (object.metadata.name === 'first') store.create(configMap('second'));
  });
  store.watch('*', ({ object }) => seen.push(object.metadata.name));
  store.create(configMap('first'));
  expect(seen).toEqual(['first', 'second']);
});

test('a watch resumes after a reopen, with the state before each change; compacted revisions are 410', () => {
  const file = storeFile();
  const { store } = open({ file, keepChanges: 20 });
  const { resourceVersion } = store.create(configMap('c', { n: '0' })).metadata;
  for (let n = 1; n <= 5; n++) store.update(configMap('c', { n: String(n) }));
  store.close();
  const reopened = openStore({ file, clock: Date, kinds: createKinds(), keepChanges: 20 });
  const seen: unknown[] = [];
  reopened.watch('ConfigMap', ({ object, previous }) => seen.push([previous?.data, object.data]), {
    since: resourceVersion,
  });
  expect(seen).toHaveLength(5);
  expect(seen.at(-1)).toEqual([{ n: '4' }, { n: '5' }]);
  for (let n = 6; n <= 60; n++) reopened.update(configMap('c', { n: String(n) }));
  expect(() => reopened.watch('ConfigMap', () => undefined, { since: resourceVersion })).toThrow(
    /too old resource version/,
  );
  expect(() => reopened.watch('ConfigMap', () => undefined, { since: '9999' })).toThrow(/Too large resource version/);
  reopened.close();
});

test('a dry run writes nothing', () => {
  const { store } = open();
  expect(store.create(configMap('c'), { dryRun: true }).metadata.name).toBe('c');
  expect(store.get('ConfigMap', 'c', 'default')).toBeUndefined();
  store.create(configMap('c'));
  store.delete('ConfigMap', 'c', 'default', { dryRun: true });
  expect(store.get('ConfigMap', 'c', 'default')).toBeDefined();
});
