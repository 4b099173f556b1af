import { describe, expect, test } from 'vitest';
import { meshNames } from '../mesh/intent.ts';
import { catalogue } from './catalogue-sample.ts';
import { environmentNames } from './environments.ts';
import { hardeningViolations, isPodMaker, type PodMaker } from './hardening.ts';
import { addRelease, defaultPlan } from './plan.ts';
import { render } from './render.ts';

const plan = addRelease(defaultPlan(catalogue), catalogue, 'accounts', '2.0.0');

describe.each(meshNames.flatMap((mesh) => environmentNames.map((env) => ({ mesh, env }))))(
  '$mesh $env',
  ({ mesh, env }) => {
    const objects = render({ plan, catalogue, mesh, env });

    test('every Pod is hardened in full', () => {
      expect(objects.filter(isPodMaker).length).toBeGreaterThan(catalogue.length + 1);
      expect(hardeningViolations(objects)).toEqual([]);
    });
  },
);

/** Seeded faults: each takes one part of the hardening away and must be found by the rule beside it. */
const faults: readonly (readonly [rule: string, path: string, value: unknown])[] = [
  ['host-namespaces', 'spec.hostNetwork', true],
  ['volume-types', 'spec.volumes.0', { name: 'tmp', hostPath: { path: '/' } }],
  ['run-as-non-root', 'spec.securityContext.runAsNonRoot', undefined],
  ['run-as-user', 'spec.securityContext.runAsUser', undefined],
  ['run-as-user', 'spec.securityContext.runAsUser', 0],
  ['seccomp-profile', 'spec.securityContext.seccompProfile', undefined],
  ['service-account-token', 'spec.automountServiceAccountToken', undefined],
  ['default-service-account', 'spec.serviceAccountName', undefined],
  ['topology-spread', 'spec.topologySpreadConstraints', undefined],
  ['privilege-escalation', 'spec.containers.0.securityContext.allowPrivilegeEscalation', undefined],
  ['privilege-escalation', 'spec.containers.0.securityContext.privileged', true],
  ['drop-capabilities', 'spec.containers.0.securityContext.capabilities', undefined],
  ['drop-capabilities', 'spec.containers.0.securityContext.capabilities.add', ['NET_ADMIN']],
  ['container-non-root', 'spec.containers.0.securityContext.runAsNonRoot', undefined],
  ['container-seccomp', 'spec.containers.0.securityContext.seccompProfile', undefined],
  ['read-only-root', 'spec.containers.0.securityContext.readOnlyRootFilesystem', undefined],
  ['cpu-requirements', 'spec.containers.0.resources.limits.cpu', undefined],
  ['cpu-requirements', 'spec.containers.0.resources.requests.cpu', undefined],
  ['memory-requirements', 'spec.containers.0.resources.limits.memory', undefined],
  ['memory-requirements', 'spec.containers.0.resources.requests.memory', undefined],
  ['latest-tag', 'spec.containers.0.image', 'parley/accounts'],
  ['latest-tag', 'spec.containers.0.image', 'parley/accounts:latest'],
  ['image-pull-policy', 'spec.containers.0.imagePullPolicy', 'Always'],
  ['host-ports', 'spec.containers.0.ports.0.hostPort', 8080],
  ['startup-probe', 'spec.containers.0.startupProbe', undefined],
  ['readiness-probe', 'spec.containers.0.readinessProbe', undefined],
  ['liveness-probe', 'spec.containers.0.livenessProbe', undefined],
  ['drain-before-stop', 'spec.containers.0.lifecycle', undefined],
  ['drain-before-stop', 'spec.containers.0.lifecycle.preStop', {}],
  ['drain-before-stop', 'spec.terminationGracePeriodSeconds', 5],
  ['scratch-space', 'spec.containers.0.volumeMounts', []],
];

const workloads = render({ plan, catalogue, mesh: 'linkerd', env: 'dev' }).filter(isPodMaker);

test.each(faults)('%s is found when %s is %j', (rule, path, value) => {
  for (const workload of workloads) {
    const rules = hardeningViolations([withFault(workload, path.split('.'), value)]).map((violation) => violation.rule);
    expect(rules, workload.metadata.name).toEqual([rule]);
  }
});

/** A copy whose template has `value` at `path`, or nothing there when `value` is undefined. */
function withFault(workload: PodMaker, path: readonly string[], value: unknown): PodMaker {
  const copy = structuredClone(workload);
  const last = path.at(-1) ?? '';
  let holder: unknown = copy.spec.template;
  for (const key of path.slice(0, -1)) holder = Reflect.get(Object(holder), key);
  if (value === undefined) Reflect.deleteProperty(Object(holder), last);
  else Reflect.set(Object(holder), last, value);
  return copy;
}
