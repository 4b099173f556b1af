import type { Container, PodSpec } from 'kubernetes-types/core/v1.js';
import { describe, expect, test } from 'vitest';
import { isPodMaker } from '../charts/hardening.ts';
import type { KubeObject } from '../mesh/objects.ts';
import { renderObservability } from './render.ts';
import { sampleOptions, targets } from './sample.ts';
import { observabilitySecrets } from './secrets.ts';

interface WithSpec extends KubeObject {
  readonly spec: {
    readonly selector: Readonly<Record<string, string>>;
    readonly ports: readonly { readonly name: string; readonly port: number; readonly targetPort: number }[];
  };
}

function isService(object: KubeObject): object is WithSpec {
  return object.kind === 'Service';
}

describe.each(targets)('$mesh $env', ({ mesh, env }) => {
  const objects = renderObservability(sampleOptions({ mesh, env }));
  const pods = objects.filter(isPodMaker);
  const specs: readonly PodSpec[] = pods.flatMap(({ spec }) => spec.template.spec ?? []);
  const containers: readonly Container[] = specs.flatMap((spec) => spec.containers);
  const names = (kind: string) => objects.filter((each) => each.kind === kind).map(({ metadata }) => metadata.name);

  test('ServiceAccounts and ConfigMaps that Pods name are there, and no ConfigMap is left over', () => {
    const mounted = specs.flatMap(({ volumes = [] }) =>
      volumes.flatMap(({ configMap, projected }) => [
        ...(configMap?.name ? [configMap.name] : []),
        ...(projected?.sources ?? []).flatMap((source) => source.configMap?.name ?? []),
      ]),
    );
    expect(mounted.sort()).toEqual(names('ConfigMap').sort());
    expect(specs.map(({ serviceAccountName }) => serviceAccountName).sort()).toEqual(names('ServiceAccount').sort());
    expect(names('PodDisruptionBudget')).toEqual(names('ServiceAccount'));
    expect(names('NetworkPolicy').sort()).toEqual([...names('ServiceAccount'), 'default-deny'].sort());
  });

  test('every volume that is mounted is one of the Pod’s, and files that arguments name are below a mount', () => {
    for (const { metadata, spec } of pods) {
      const claims = Object(spec).volumeClaimTemplates ?? [];
      const volumes = [...(spec.template.spec?.volumes ?? []), ...claims.map(Object)];
      const known = volumes.map((each) => each.name ?? each.metadata.name);
      for (const { args = [], volumeMounts = [] } of spec.template.spec?.containers ?? []) {
        for (const { name } of volumeMounts) expect(known, metadata.name).toContain(name);
        const files = args.flatMap((arg) => /(?:^|=)(\/.+)/.exec(arg)?.[1] ?? []);
        for (const file of files) {
          expect(
            volumeMounts.some(({ mountPath }) => `${file}/`.startsWith(`${mountPath}/`)),
            file,
          ).toBe(true);
        }
      }
    }
  });

  test('every Secret that Pods read is one that somebody promised to make, with that key', () => {
    const promised = observabilitySecrets.flatMap(({ name, keys }) => Object.keys(keys).map((key) => `${name}/${key}`));
    const read = containers.flatMap(({ env: variables = [] }) =>
      variables.flatMap(({ valueFrom }) =>
        valueFrom?.secretKeyRef ? [`${valueFrom.secretKeyRef.name}/${valueFrom.secretKeyRef.key}`] : [],
      ),
    );
    expect(read).toEqual(promised);
  });

  test('every Service finds one Pod, and the ports of docs/architecture.md are those that it declares', () => {
    const services = objects.filter(isService);
    for (const { metadata, spec } of services) {
      const found = pods.filter(({ spec: { template } }) =>
        Object.entries(spec.selector).every(([key, value]) => template.metadata?.labels?.[key] === value),
      );
      expect(found.map(({ metadata: { name } }) => name)).toEqual([metadata.name]);
      const declared = found[0]?.spec.template.spec?.containers[0]?.ports?.map(({ containerPort }) => containerPort);
      for (const { targetPort } of spec.ports) expect(declared).toContain(targetPort);
    }
    expect(
      Object.fromEntries(services.map(({ metadata, spec }) => [metadata.name, spec.ports.map(({ port }) => port)])),
    ).toEqual({
      collector: [4317, 4318, 8889, 8888],
      grafana: [3000],
      jaeger: [4317, 16_686, 8888],
      prometheus: [9090],
    });
  });

  test('a Role is bound to the ServiceAccount of Prometheus in each namespace that it scrapes, and lets it see Pods only', () => {
    const roles = objects.filter(({ kind }) => kind === 'Role');
    for (const role of roles) {
      expect(Object(role).rules).toEqual([{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }]);
      const binding = objects.find(
        ({ kind, metadata }) => kind === 'RoleBinding' && metadata.namespace === role.metadata.namespace,
      );
      expect(binding).toMatchObject({
        roleRef: { kind: 'Role', name: role.metadata.name },
        subjects: [{ kind: 'ServiceAccount', name: 'prometheus', namespace: 'observability' }],
      });
    }
    const asked = /names:\n\s+- (\S+)/g;
    const config = Object(
      objects.find(({ metadata, kind }) => kind === 'ConfigMap' && metadata.name === 'prometheus-config'),
    ).data;
    const scraped = new Set([...String(config['prometheus.yaml']).matchAll(asked)].map(([, name]) => name));
    expect([...scraped].sort()).toEqual(roles.map(({ metadata }) => metadata.namespace).sort());
  });
});
