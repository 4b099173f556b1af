import { expect, test } from 'vitest';
import type { KubeObject } from '../../mesh/objects.ts';
import type { ObservabilityPart } from '../../observability/names.ts';
import type { Cluster, ClusterObject } from '../cluster.ts';
import { readSettings } from '../target/settings.ts';
import type { Addition } from './addition.ts';
import { renderingOf } from './rendering-of.ts';
import { unwantedParts } from './unwanted-parts.ts';

const repo = new URL('../..', import.meta.url).pathname;
const silent = { args: [], text: () => undefined, flag: () => false, output: 'text' } as const;

async function renderedFor(mesh: 'istio' | 'linkerd', parts: readonly ObservabilityPart[], rollouts = true) {
  const settings = { ...readSettings({}, silent, { name: 'kind' }), mesh, parts, rollouts };
  const images = { names: async () => ({}), build: async () => ({ names: {}, built: 0 }), deliver: async () => 0 };
  const { additions } = await renderingOf({ images }, { env: {}, repo }, settings, {});
  const addition = (thing: Addition['thing']) => additions.find((each) => each.thing === thing) as Addition;
  return { settings, observability: addition('observability'), rollouts: addition('rollouts') };
}

/** Lists what is given by kind, namespace and labels, as an API server does. */
const holding = (objects: readonly KubeObject[]): Pick<Cluster, 'list'> => ({
  list: async <T>(_: string, kind: string, namespace: string, labels: Readonly<Record<string, string>> = {}) =>
    objects
      .filter((each) => each.kind === kind && (each.metadata.namespace ?? '') === namespace)
      .filter(({ metadata }) =>
        Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value),
      ) as ClusterObject<T>[],
});

test.each(['istio', 'linkerd'] as const)(
  'under %s what was made for parts goes with them, and nothing else',
  async (mesh) => {
    const all = await renderedFor(mesh, ['collector', 'prometheus', 'jaeger', 'grafana']);
    const made = { state: () => 'made' as const };
    const unwanted = async (
      parts: readonly ObservabilityPart[],
      ledger: Parameters<typeof unwantedParts>[1] = made,
    ) => {
      const { observability } = await renderedFor(mesh, parts);
      const found = await unwantedParts(holding(all.observability.objects), ledger, observability);
      return { found: found.map(({ kind, metadata }) => `${kind}/${metadata.name}`) };
    };
    expect((await unwanted(all.settings.parts)).found).toEqual([]);
    const fewer = await unwanted(['collector', 'prometheus', 'jaeger']);
    expect(fewer.found).toEqual(
      expect.arrayContaining(['Deployment/grafana', 'Service/grafana', 'NetworkPolicy/grafana']),
    );
    expect(fewer.found.filter((each) => /^(Namespace|Deployment)\//.test(each))).toEqual(['Deployment/grafana']);
    expect((await unwanted([])).found).toHaveLength(all.observability.objects.length);
    expect((await unwanted([], { state: () => undefined })).found, 'of another state folder').toEqual([]);
  },
);

test.each(['istio', 'linkerd'] as const)(
  'under %s the controller of rollouts goes as a whole, its rights in the exchange too, and Prometheus’s in its namespace',
  async (mesh) => {
    const made = { state: () => 'made' as const };
    const [on, off] = [await renderedFor(mesh, ['prometheus']), await renderedFor(mesh, ['prometheus'], false)];
    const held = holding([...on.rollouts.objects, ...on.observability.objects]);
    expect(await unwantedParts(held, made, on.rollouts)).toEqual([]);
    const found = await unwantedParts(held, made, off.rollouts);
    expect(found).toHaveLength(on.rollouts.objects.length);
    expect(found.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}`)).toEqual(
      expect.arrayContaining(['Namespace ', 'Role exchange', 'RoleBinding exchange', 'Deployment parley']),
    );
    const observed = await unwantedParts(held, made, off.observability);
    expect(observed.filter(({ kind }) => kind !== 'ConfigMap').map(({ kind }) => kind)).toEqual([
      'Role',
      'RoleBinding',
    ]);
    expect(observed.every(({ metadata }) => metadata.namespace === 'parley')).toBe(true);
  },
);
