import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import type { StatefulSetSpec } from 'kubernetes-types/apps/v1.js';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { UnknownMeshError } from '../mesh/compile.ts';
import { meshNames } from '../mesh/intent.ts';
import { describeObject, type KubeObject } from '../mesh/objects.ts';
import { compareReleases, releaseName } from '../mesh/release.ts';
import { anyPlan, catalogue } from './catalogue-sample.ts';
import { environmentNames, UnknownEnvironmentError } from './environments.ts';
import { isPodMaker } from './hardening.ts';
import { addRelease, defaultPlan, PlanError, setWeights } from './plan.ts';
import { findings, type RenderOptions, render, toJson, toYaml } from './render.ts';

const plan = defaultPlan(catalogue);
const canary = setWeights(addRelease(plan, catalogue, 'orders', '2.0.0'), catalogue, 'orders', {
  '1.4.0': 90,
  '2.0.0': 10,
});
const targets = meshNames.flatMap((mesh) => environmentNames.map((env) => ({ mesh, env })));

interface Route extends KubeObject {
  readonly spec: {
    readonly parentRefs: readonly { readonly group: string; readonly kind: string; readonly name: string }[];
    readonly rules: readonly {
      readonly backendRefs: readonly { readonly name: string; readonly port: number; readonly weight: number }[];
    }[];
  };
}

function isRoute(object: KubeObject): object is Route {
  return object.kind.endsWith('Route');
}

/** UPDATE_GOLDENS=1 writes the files; the change is then read in review. */
test.each([
  { mesh: 'istio', env: 'dev' },
  { mesh: 'linkerd', env: 'prod' },
])('the canary of orders under $mesh in $env is what the golden file says', ({ mesh, env }) => {
  const file = new URL(`./golden/exchange.${mesh}.${env}.golden.yaml`, import.meta.url);
  const yaml = toYaml(render({ plan: canary, catalogue, mesh, env }));
  if (process.env.UPDATE_GOLDENS === '1') writeFileSync(file, yaml);
  expect(yaml).toBe(readFileSync(file, 'utf8'));
});

describe.each(targets)('$mesh $env', ({ mesh, env }) => {
  const options: RenderOptions = { plan: canary, catalogue, mesh, env };
  const objects = render(options);

  test('the same options give the same bytes, whatever the order of the plan', () => {
    const backwards = Object.fromEntries(
      Object.entries(canary)
        .reverse()
        .map(([name, weights]) => [name, Object.fromEntries(Object.entries(weights).reverse())]),
    );
    expect(toYaml(render(options))).toBe(toYaml(objects));
    expect(toJson(render({ ...options, plan: backwards, catalogue: [...catalogue] }))).toBe(toJson(objects));
  });

  test('YAML says the same as JSON to a reader of YAML 1.1', () => {
    const read = parseAllDocuments(toYaml(objects), { version: '1.1' }).map((document) => document.toJS());
    expect(read).toEqual(JSON.parse(toJson(objects)).items);
  });

  test('the Namespace comes first, routes last, and no object is there twice', () => {
    const kinds = objects.map(({ kind }) => kind);
    expect(kinds[0]).toBe('Namespace');
    expect(kinds.lastIndexOf('Service')).toBeLessThan(kinds.indexOf('HTTPRoute'));
    expect(kinds.lastIndexOf('AuthorizationPolicy')).toBeLessThan(kinds.indexOf('Deployment'));
    const names = objects.map(describeObject);
    expect(new Set(names).size).toBe(names.length);
  });

  test('every object that is not of the whole cluster is in the namespace and carries the labels of the kit', () => {
    for (const { kind, metadata } of objects) {
      expect(metadata.namespace, metadata.name).toBe(
        ['Namespace', 'GatewayClass'].includes(kind) ? undefined : 'exchange',
      );
      expect(metadata.labels, metadata.name).toMatchObject({
        'app.kubernetes.io/part-of': 'exchange',
        'app.kubernetes.io/managed-by': 'parley',
      });
      expect(metadata.name).not.toMatch(/-c8[0-9a-f]{6}$/);
    }
  });

  test('every workload selects its own Pods and nobody else’s', () => {
    const makers = objects.filter(isPodMaker);
    for (const { spec } of makers) {
      const matching = makers.filter(({ spec: { template } }) =>
        Object.entries(spec.selector.matchLabels).every(([key, value]) => template.metadata?.labels?.[key] === value),
      );
      expect(matching).toHaveLength(1);
    }
  });
});

test.each(meshNames)(
  '%s: for any plan the routes carry its weights, and every release that runs has its objects',
  (mesh) => {
    fc.assert(
      fc.property(anyPlan, (any) => {
        const objects = render({ plan: any, catalogue, mesh, env: 'dev' });
        for (const [service, weights] of Object.entries(any)) {
          const versions = Object.keys(weights).sort(compareReleases);
          const routes = objects
            .filter(isRoute)
            .filter(({ metadata }) => [service, `edge-${service}`].includes(metadata.name));
          expect(routes).toHaveLength(2);
          for (const { metadata, spec } of routes) {
            const group = metadata.name === service ? '' : 'gateway.networking.k8s.io';
            expect(spec.parentRefs).toEqual([expect.objectContaining({ group })]);
            const backends = spec.rules.at(-1)?.backendRefs ?? [];
            expect(backends.map(({ name, weight }) => [name, weight])).toEqual(
              versions.map((version) => [releaseName(service, version), weights[version]]),
            );
          }
          for (const kind of ['Deployment', 'Service']) {
            const names = objects.filter((each) => each.kind === kind).map(({ metadata }) => metadata.name);
            expect(names).toEqual(expect.arrayContaining(versions.map((version) => releaseName(service, version))));
          }
        }
      }),
      { numRuns: 25 },
    );
  },
);

test('a split changes nothing but the mesh route and the edge route', () => {
  const options = { catalogue, mesh: 'istio', env: 'dev' };
  const before = render({ ...options, plan: canary });
  const after = render({ ...options, plan: setWeights(canary, catalogue, 'orders', { '2.0.0': 100 }) });
  const changed = after.filter((object, index) => JSON.stringify(object) !== JSON.stringify(before[index]));
  expect(changed.map(describeObject)).toEqual(['GRPCRoute exchange/edge-orders', 'GRPCRoute exchange/orders']);
});

test('what cannot be rendered is refused by name', () => {
  expect(() => render({ plan, catalogue, mesh: 'consul', env: 'dev' })).toThrow(UnknownMeshError);
  expect(() => render({ plan, catalogue, mesh: 'istio', env: 'staging' })).toThrow(UnknownEnvironmentError);
  expect(() => render({ plan: { accounts: {} }, catalogue, mesh: 'istio', env: 'dev' })).toThrow(PlanError);
});

test('Istio can express the whole exchange; Linkerd says what it cannot', () => {
  expect(findings({ plan, catalogue, mesh: 'istio', env: 'dev' })).toEqual([]);
  const fields = findings({ plan, catalogue, mesh: 'linkerd', env: 'dev' }).map(({ field }) => field);
  expect(new Set(fields.map((field) => field.replace(/\[.*?\]/, '')))).toEqual(
    new Set(['services.outlierDetection.intervalMs', 'services.outlierDetection.maxEjectionPercent']),
  );
});

test('images are called what the cluster calls them; one that is not listed keeps its name', () => {
  const images = { 'parley/orders:1.4.0': 'registry.test/parley/orders:1.4.0-0123456789ab' };
  const used = imagesOf(render({ plan: canary, catalogue, mesh: 'istio', env: 'dev', images }));
  expect(used).toContain('registry.test/parley/orders:1.4.0-0123456789ab');
  expect(used).not.toContain('parley/orders:1.4.0');
  expect(used).toContain('parley/orders:2.0.0');
});

test.each([
  { capture: 'cni', level: 'restricted' },
  { capture: 'init', level: 'privileged' },
] as const)('capture by $capture: the namespace enforces $level and warns about restricted', ({ capture, level }) => {
  const [namespace] = render({ plan, catalogue, mesh: 'istio', env: 'dev', capture });
  expect(namespace?.metadata.labels).toMatchObject({
    'pod-security.kubernetes.io/enforce': level,
    'pod-security.kubernetes.io/warn': 'restricted',
  });
});

function imagesOf(objects: readonly KubeObject[]): string[] {
  return objects
    .filter(isPodMaker)
    .flatMap(({ spec }) => spec.template.spec?.containers ?? [])
    .map(({ image }) => image ?? '');
}

test.each([
  { storage: 'claim', claims: ['data'], sources: [] },
  { storage: 'ephemeral', claims: [], sources: [{ name: 'data', emptyDir: { sizeLimit: '1Gi' } }] },
] as const)('storage $storage: the data of postgres', ({ storage, claims, sources }) => {
  const objects = render({ plan, catalogue, mesh: 'istio', env: 'dev', storage });
  const spec: unknown = objects.find(({ kind }) => kind === 'StatefulSet');
  const { volumeClaimTemplates = [], template } = (spec as { spec: StatefulSetSpec }).spec;
  expect(volumeClaimTemplates.map(({ metadata }) => metadata?.name)).toEqual(claims);
  expect(template.spec?.volumes?.filter(({ name }) => name === 'data')).toEqual(sources);
});
