import { expect, test } from 'vitest';
import type { Invocation } from '../command.ts';
import { readSettings } from './settings.ts';

const typed = (flags: Readonly<Record<string, string>> = {}): Invocation => ({
  args: [],
  text: (name) => flags[name],
  flag: () => false,
  output: 'text',
});
const read = (env: Readonly<Record<string, string>>, flags: Readonly<Record<string, string>> = {}) =>
  readSettings(env, typed(flags), { name: 'kind' });

test('a flag comes before its variable, a variable before the default; an empty one counts as absent', () => {
  expect(read({})).toMatchObject({
    mesh: 'istio',
    cluster: 'parley',
    meshMetrics: 'standard',
    parts: ['collector', 'prometheus', 'jaeger', 'grafana'],
  });
  expect(read({}).capture).toBeUndefined();
  const env = { MESH: 'linkerd', PARLEY_CLUSTER: 'a', PARLEY_CAPTURE: 'init', PARLEY_OBSERVABILITY: 'prometheus' };
  expect(read(env)).toMatchObject({ mesh: 'linkerd', cluster: 'a', capture: 'init', parts: ['prometheus'] });
  expect(read(env, { cluster: 'b', observability: 'none' })).toMatchObject({ cluster: 'b', parts: [] });
  expect(read({ MESH: '', PARLEY_OBSERVABILITY: '' })).toMatchObject({ mesh: 'istio' });
});

test('only kind has observability when nobody asks, and the embedded cluster never', () => {
  const parts = (name: 'embedded' | 'context', env = {}) => readSettings(env, typed(), { name }).parts;
  expect(parts('context')).toEqual([]);
  expect(parts('context', { PARLEY_OBSERVABILITY: 'jaeger,collector' })).toEqual(['jaeger', 'collector']);
  expect(parts('embedded', { PARLEY_OBSERVABILITY: 'jaeger' })).toEqual([]);
  const asked = (observability: string) => readSettings({}, typed({ observability }), { name: 'embedded' }).parts;
  expect(asked('none')).toEqual([]);
  expect(() => asked('jaeger')).toThrow('--observability jaeger: the embedded cluster runs no observability.');
});

test('what the state folder has is what is meant when nothing else is said', () => {
  const record = { target: 'context', name: 'mine', mesh: 'istio', registry: 'r.test/team', made: {} } as const;
  expect(readSettings({}, typed(), { name: 'context', record })).toMatchObject({
    contextName: 'mine',
    registry: 'r.test/team',
  });
  const own = { target: 'kind', name: 'mine', mesh: 'istio', capture: 'init', made: {} } as const;
  expect(readSettings({}, typed(), { name: 'kind', record: own })).toMatchObject({ cluster: 'mine', capture: 'init' });
  expect(readSettings({}, typed({ capture: 'cni' }), { name: 'kind', record: own }).capture).toBe('cni');
  const all = { mesh: 'linkerd', env: 'prod', storage: 'ephemeral', meshMetrics: 'envoy' } as const;
  const before = { ...all, target: 'kind', name: 'mine', observability: ['jaeger'], made: {} } as const;
  expect(readSettings({}, typed(), { name: 'kind', record: before })).toMatchObject({ ...all, parts: ['jaeger'] });
  const others = typed({
    mesh: 'istio',
    env: 'dev',
    storage: 'claim',
    'mesh-metrics': 'standard',
    observability: 'none',
  });
  expect(readSettings({}, others, { name: 'kind', record: before })).toMatchObject({
    ...{ mesh: 'istio', env: 'dev', storage: 'claim', meshMetrics: 'standard', parts: [] },
  });
  const kind = { ...record, target: 'kind', name: 'second' } as const;
  expect(readSettings({}, typed(), { name: 'kind', record: kind }).cluster).toBe('second');
});

test('the controller of rollouts runs unless it was left out, and stays left out until it is asked for', () => {
  expect(read({}).rollouts).toBe(true);
  expect(read({ PARLEY_ROLLOUTS: 'off' }).rollouts).toBe(false);
  expect(read({ PARLEY_ROLLOUTS: 'off' }, { rollouts: 'on' }).rollouts).toBe(true);
  const record = { target: 'kind', name: 'mine', mesh: 'istio', rollouts: false, made: {} } as const;
  expect(readSettings({}, typed(), { name: 'kind', record }).rollouts).toBe(false);
  expect(readSettings({}, typed({ rollouts: 'on' }), { name: 'kind', record }).rollouts).toBe(true);
  expect(() => read({ PARLEY_ROLLOUTS: 'maybe' })).toThrow('maybe: unknown choice for rollouts.');
});

test('platforms go with a registry, and are remembered with it', () => {
  const registry = 'r.test/team';
  const platforms = 'linux/amd64, linux/arm64';
  const both = ['linux/amd64', 'linux/arm64'] as const;
  const at = { name: 'context' } as const;
  expect(readSettings({}, typed({ registry, platforms }), at).platforms).toEqual(both);
  const record = { target: 'context', mesh: 'istio', registry, platforms: both, made: {} } as const;
  expect(readSettings({}, typed(), { ...at, record }).platforms).toEqual(both);
  expect(() => readSettings({}, typed({ platforms }), at)).toThrow('--platforms: images for several platforms');
  expect(() => readSettings({}, typed({ registry, platforms: 'linux/s390x' }), at)).toThrow(
    'linux/s390x: unknown platform',
  );
});

test.each([
  [{ PARLEY_CAPTURE: 'magic' }, 'magic: unknown capture.'],
  [{ PARLEY_OBSERVABILITY: 'prometheus,grafna' }, 'grafna: unknown part of the observability. Did you mean grafana?'],
  [{ PARLEY_CLUSTER: 'My Cluster' }, 'My Cluster: no name of a kind cluster.'],
  [{ PARLEY_MESH_METRICS: 'x' }, 'x: unknown source of metrics.'],
])('%j is refused', (env, message) => {
  expect(() => read(env)).toThrow(message);
});
