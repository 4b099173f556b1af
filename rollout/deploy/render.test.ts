import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { emptyLists } from '../../charts/empty-lists.ts';
import { hardeningViolations, isPodMaker } from '../../charts/hardening.ts';
import { toYaml } from '../../charts/render.ts';
import { describeObject, type KubeObject } from '../../mesh/objects.ts';
import { hardeningExceptions } from './controller.ts';
import { controllerImage } from './program.ts';
import { renderController } from './render.ts';
import { sampleOptions, targets } from './sample.ts';

/** UPDATE_GOLDENS=1 writes the files; the change is then read in review. */
test.each([
  { mesh: 'istio', env: 'dev' },
  { mesh: 'linkerd', env: 'prod' },
] as const)('the controller under $mesh in $env is what the golden file says', ({ mesh, env }) => {
  const file = new URL(`./golden/${mesh}.${env}.golden.yaml`, import.meta.url);
  const yaml = toYaml(renderController(sampleOptions({ mesh, env })));
  if (process.env.UPDATE_GOLDENS === '1') {
    mkdirSync(new URL('./golden/', import.meta.url), { recursive: true });
    writeFileSync(file, yaml);
  }
  expect(yaml).toBe(readFileSync(file, 'utf8'));
});

describe.each(targets)('$mesh $env', ({ mesh, env }) => {
  const objects = renderController(sampleOptions({ mesh, env }));

  test('the Pod is hardened but for the token by which it asks the API server', () => {
    expect(hardeningViolations(objects, hardeningExceptions)).toEqual([]);
    expect(hardeningViolations(objects).map(({ object, rule }) => ({ object, rule }))).toEqual(
      hardeningExceptions.map(({ object, rule }) => ({ object, rule })),
    );
  });

  test('no list is empty, so that a second apply finds nothing to change', () => {
    expect(objects.flatMap((object) => emptyLists(object, describeObject(object)))).toEqual([]);
  });

  test('every object carries the labels of the kit and is in the namespace, but for rights in the exchange', () => {
    const elsewhere: string[] = [];
    for (const { kind, metadata } of objects) {
      expect(metadata.labels, metadata.name).toMatchObject({
        'app.kubernetes.io/part-of': 'rollouts',
        'app.kubernetes.io/managed-by': 'parley',
      });
      if (kind !== 'Namespace' && metadata.namespace !== 'parley') elsewhere.push(`${kind} ${metadata.namespace}`);
    }
    expect(elsewhere).toEqual(['Role exchange', 'RoleBinding exchange']);
    expect(objects[0]?.kind).toBe('Namespace');
  });

  test('what is not observed lets nobody in', () => {
    const policy = (observed: boolean) =>
      Object(find(renderController(sampleOptions({ mesh, env, observed })), 'NetworkPolicy', 'rollouts')).spec;
    expect(policy(false).ingress).toBeUndefined();
    expect(JSON.stringify(policy(true).ingress)).toContain('prometheus');
  });
});

test('one Pod on a laptop, a second that waits where people rely on it', () => {
  const replicas = (env: 'dev' | 'prod') => renderController(sampleOptions({ env })).find(isPodMaker)?.spec.replicas;
  expect([replicas('dev'), replicas('prod')]).toEqual([1, 2]);
});

test('the image takes the name that it has in the cluster', () => {
  const images = { [controllerImage]: 'registry.test/parley/rollouts:1-0123456789ab' };
  const pod = renderController(sampleOptions({ images })).find(isPodMaker)?.spec.template.spec;
  expect(pod?.containers.map(({ image }) => image)).toEqual(['registry.test/parley/rollouts:1-0123456789ab']);
});

test('under Istio the controller has no sidecar and reads theirs on a port that is outside of mutual TLS; under Linkerd it has an identity', () => {
  const [istio, linkerd] = [renderController(sampleOptions()), renderController(sampleOptions({ mesh: 'linkerd' }))];
  expect(istio[0]?.metadata.labels).toMatchObject({ 'istio-injection': 'disabled' });
  expect(linkerd[0]?.metadata.annotations).toMatchObject({ 'linkerd.io/inject': 'enabled' });
  const egress = (objects: readonly KubeObject[]) =>
    JSON.stringify(Object(find(objects, 'NetworkPolicy', 'rollouts')).spec.egress);
  expect(egress(istio)).toContain('15090');
  expect(egress(linkerd)).toContain('4191');
  expect(find(linkerd, 'Server', 'rollouts-admin')).toBeDefined();
  expect(find(istio, 'Server', 'rollouts-admin')).toBeUndefined();
});

function find(objects: readonly KubeObject[], kind: string, name: string): KubeObject | undefined {
  return objects.find((each) => each.kind === kind && each.metadata.name === name);
}
