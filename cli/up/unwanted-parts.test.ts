import { expect, test } from 'vitest';
import type { ObservabilityPart } from '../../observability/names.ts';
import type { Cluster, ClusterObject, ObjectName } from '../cluster.ts';
import { readSettings } from '../target/settings.ts';
import { renderingOf } from './rendering-of.ts';
import { unwantedParts } from './unwanted-parts.ts';

const repo = new URL('../..', import.meta.url).pathname;
const silent = { args: [], text: () => undefined, flag: () => false, output: 'text' } as const;

async function renderedFor(mesh: 'istio' | 'linkerd', parts: readonly ObservabilityPart[]) {
  const settings = { ...readSettings({}, silent, { name: 'kind' }), mesh, parts };
  const images = { names: async () => ({}), build: async () => ({ names: {}, built: 0 }), deliver: async () => 0 };
  return { settings, objects: (await renderingOf({ images }, { env: {}, repo }, settings, {})).observability };
}

/** Lists what is given by kind and namespace, as an API server does. */
const holding = (objects: readonly ObjectName[]): Pick<Cluster, 'list'> => ({
  list: async <T>(_: string, kind: string, namespace: string) =>
    objects.filter((each) => each.kind === kind && (each.metadata.namespace ?? '') === namespace) as ClusterObject<T>[],
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
      const { settings, objects } = await renderedFor(mesh, parts);
      const found = await unwantedParts(holding(all.objects), ledger, settings, objects);
      return { found: found.map(({ kind, metadata }) => `${kind}/${metadata.name}`), kept: objects.length };
    };
    expect((await unwanted(all.settings.parts)).found).toEqual([]);
    const fewer = await unwanted(['collector', 'prometheus', 'jaeger']);
    expect(fewer.found).toEqual(
      expect.arrayContaining(['Deployment/grafana', 'Service/grafana', 'NetworkPolicy/grafana']),
    );
    expect(fewer.found.filter((each) => /^(Namespace|Deployment)\//.test(each))).toEqual(['Deployment/grafana']);
    expect((await unwanted([])).found).toHaveLength(all.objects.length);
    expect((await unwanted([], { state: () => undefined })).found, 'of another state folder').toEqual([]);
  },
);
