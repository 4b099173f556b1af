import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { emptyLists } from '../charts/empty-lists.ts';
import { environmentNames } from '../charts/environments.ts';
import { hardeningViolations, isPodMaker } from '../charts/hardening.ts';
import { toYaml } from '../charts/render.ts';
import { describeObject, type KubeObject } from '../mesh/objects.ts';
import { observabilityParts } from './names.ts';
import { hardeningExceptions } from './prometheus.ts';
import { renderObservability } from './render.ts';
import { sampleOptions, targets } from './sample.ts';

/** UPDATE_GOLDENS=1 writes the files; the change is then read in review. Dashboards and rules have goldens of their own. */
test.each([
  { mesh: 'istio', env: 'dev' },
  { mesh: 'linkerd', env: 'prod' },
] as const)('observability under $mesh in $env is what the golden file says', ({ mesh, env }) => {
  const file = new URL(`./golden/${mesh}.${env}.golden.yaml`, import.meta.url);
  const yaml = toYaml(renderObservability(sampleOptions({ mesh, env })).map(withoutContents));
  if (process.env.UPDATE_GOLDENS === '1') writeFileSync(file, yaml);
  expect(yaml).toBe(readFileSync(file, 'utf8'));
});

describe.each(targets)('$mesh $env', ({ mesh, env }) => {
  const options = sampleOptions({ mesh, env });
  const objects = renderObservability(options);

  test('the same options give the same bytes, in whatever order the parts are named', () => {
    const again = renderObservability({ ...options, parts: [...observabilityParts].reverse() });
    expect(toYaml(again)).toBe(toYaml(objects));
  });

  test('no list is empty, so that a second apply finds nothing to change', () => {
    expect(objects.flatMap((object) => emptyLists(object, describeObject(object)))).toEqual([]);
  });

  test('every Pod is hardened but for the exceptions, each of which is needed', () => {
    expect(hardeningViolations(objects, hardeningExceptions)).toEqual([]);
    expect(hardeningViolations(objects).map(({ object, rule }) => ({ object, rule }))).toEqual(
      hardeningExceptions.map(({ object, rule }) => ({ object, rule })),
    );
  });

  test('the Namespace comes first, Roles before their bindings, policy before what it protects', () => {
    const kinds = objects.map(({ kind }) => kind);
    expect(kinds[0]).toBe('Namespace');
    expect(kinds.lastIndexOf('Role')).toBeLessThan(kinds.indexOf('RoleBinding'));
    expect(kinds.lastIndexOf('NetworkPolicy')).toBeLessThan(kinds.indexOf('Service'));
    expect(kinds.lastIndexOf('ConfigMap')).toBeLessThan(kinds.indexOf('StatefulSet'));
    expect(new Set(objects.map(describeObject)).size).toBe(objects.length);
  });

  test('every object carries the labels of the kit and is in the namespace, but for what lets Prometheus see the others', () => {
    const elsewhere = new Map<string, string[]>();
    for (const { kind, metadata } of objects) {
      expect(metadata.labels, metadata.name).toMatchObject({
        'app.kubernetes.io/part-of': 'observability',
        'app.kubernetes.io/managed-by': 'parley',
      });
      if (kind === 'Namespace' || metadata.namespace === 'observability') continue;
      elsewhere.set(kind, [...(elsewhere.get(kind) ?? []), metadata.namespace ?? '']);
    }
    const others = ['exchange', mesh === 'istio' ? 'istio-system' : 'linkerd', 'parley'];
    expect(Object.fromEntries(elsewhere)).toEqual({ Role: others, RoleBinding: others });
  });

  test('no ConfigMap is too large for the annotation in which kubectl keeps what it applied', () => {
    for (const object of objects) expect(JSON.stringify(object).length, describeObject(object)).toBeLessThan(262_144);
  });
});

test('a change of a configuration rolls its Pod and no other', () => {
  const digests = (parts: (typeof observabilityParts)[number][]) =>
    Object.fromEntries(
      renderObservability(sampleOptions({ parts }))
        .filter(isPodMaker)
        .map(({ metadata, spec }) => [
          metadata.name,
          spec.template.metadata?.annotations?.['parley.dev/config-digest'],
        ]),
    );
  const before = digests(['collector', 'prometheus']);
  const after = digests(['collector', 'prometheus', 'jaeger']);
  expect(after.collector).not.toBe(before.collector);
  expect(after.prometheus).not.toBe(before.prometheus);
  expect(digests(['collector', 'jaeger']).collector).toBe(after.collector);
});

test('what was not chosen is neither made nor spoken of', () => {
  expect(renderObservability(sampleOptions({ parts: [] }))).toEqual([]);
  const text = toYaml(renderObservability(sampleOptions({ parts: ['collector', 'prometheus'] })));
  expect(text).not.toMatch(/jaeger\.observability|app.kubernetes.io\/name: (jaeger|grafana)/);
});

test('a part without its source is refused by name, with what to choose', () => {
  expect(() => renderObservability(sampleOptions({ parts: ['jaeger', 'prometheus'] }))).toThrow(
    expect.objectContaining({ code: 'ObservabilityParts', hint: expect.stringContaining('collector,jaeger') }),
  );
  expect(() => renderObservability(sampleOptions({ parts: ['grafana'] }))).toThrow('`grafana` was chosen without');
});

test('images take the names that they have in the cluster', () => {
  const images = { 'prom/prometheus:v3.15.0': 'registry.example/prometheus:1' };
  const pods = renderObservability(sampleOptions({ images })).filter(isPodMaker);
  const used = pods.flatMap(({ spec }) => spec.template.spec?.containers.map(({ image }) => image));
  expect(used).toContain('registry.example/prometheus:1');
  expect(used).toContain('jaegertracing/jaeger:2.0.0');
});

test.each(environmentNames)('in %s samples outlive the Pod if that was promised', (env) => {
  const prometheus = renderObservability(sampleOptions({ env })).find(({ kind }) => kind === 'StatefulSet');
  const { volumeClaimTemplates: claims = [] } = Object(prometheus).spec;
  expect(claims).toHaveLength(env === 'prod' ? 1 : 0);
});

test('only an init container under Linkerd lowers the pod security of the namespace', () => {
  const enforced = (change: Parameters<typeof sampleOptions>[0]) =>
    renderObservability(sampleOptions(change))[0]?.metadata.labels?.['pod-security.kubernetes.io/enforce'];
  expect(enforced({ capture: 'init' })).toBe('restricted');
  expect(enforced({ mesh: 'linkerd', capture: 'cni' })).toBe('restricted');
  expect(enforced({ mesh: 'linkerd', capture: 'init' })).toBe('privileged');
});

/** Rules and dashboards are read where they are made; here only that they are there, so that a golden stays readable. */
function withoutContents(object: KubeObject): KubeObject {
  if (object.kind !== 'ConfigMap' || !('data' in object)) return object;
  const shortened = Object.entries(Object(object.data)).map(([name, text]) => [name, shorten(name, String(text))]);
  return { ...object, data: Object.fromEntries(shortened) } as KubeObject;
}

function shorten(name: string, text: string): string {
  if (name === 'rules.yaml') {
    const { groups } = parse(text) as { groups: { name: string }[] };
    return `groups: ${groups.map((group) => group.name).join(', ')}\n`;
  }
  return name.endsWith('.json') ? `${JSON.parse(text).title}\n` : text;
}
