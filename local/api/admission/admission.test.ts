import { expect, onTestFinished, test } from 'vitest';
import { StatusError } from '../../store/status.ts';
import type { KubeObject, Stored } from '../../store/types.ts';
import { openClusterStore } from '../cluster-store.ts';
import type { Validator } from './admission.ts';

function open(validators: readonly Validator[] = []) {
  const { store } = openClusterStore({ file: ':memory:', clock: { now: () => 0 }, validators });
  onTestFinished(() => store.close());
  return store;
}

const object = (apiVersion: string, kind: string, rest: Record<string, unknown>): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: 'x', namespace: 'default' },
  ...rest,
});
const deployment = (spec: Record<string, unknown>, container: Record<string, unknown> = {}) =>
  object('apps/v1', 'Deployment', {
    spec: {
      selector: { matchLabels: { a: 'b' } },
      template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i:1', ...container }] } },
      ...spec,
    },
  });

function fieldsRefused(write: () => unknown): (string | undefined)[] {
  try {
    write();
  } catch (error) {
    if (error instanceof StatusError) return (error.details?.causes ?? []).map(({ field }) => field);
    throw error;
  }
  return [];
}

test('every problem of an object comes at once, with its path', () => {
  const store = open();
  const wrong = deployment(
    { replicas: -1, selector: { matchLabels: { a: 'c' } } },
    {
      image: '',
      ports: [{}],
      readinessProbe: { httpGet: { path: '/' }, exec: {} },
      volumeMounts: [{ name: 'v', mountPath: '/v' }],
    },
  );
  const at = 'spec.template.spec.containers[0]';
  expect(fieldsRefused(() => store.create(wrong)).sort()).toEqual(
    [
      'spec.replicas',
      `${at}.image`,
      `${at}.ports[0].containerPort`,
      `${at}.readinessProbe`,
      `${at}.readinessProbe.httpGet.port`,
      `${at}.volumeMounts[0].name`,
      'spec.template.metadata.labels',
    ].sort(),
  );
});

test.each<[string, KubeObject, string[]]>([
  ['a Deployment without selector', object('apps/v1', 'Deployment', { spec: {} }), ['spec.selector', 'spec.template']],
  [
    'restartPolicy of a Job',
    object('batch/v1', 'Job', {
      spec: { template: { spec: { restartPolicy: 'Always', containers: [{ name: 'c', image: 'i' }] } } },
    }),
    ['spec.template.spec.restartPolicy'],
  ],
  [
    'no surge and no unavailable',
    deployment({ strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } }),
    ['spec.strategy.rollingUpdate.maxUnavailable'],
  ],
  ['a Service without ports', object('v1', 'Service', { spec: {} }), ['spec.ports']],
  [
    'unnamed ports',
    object('v1', 'Service', { spec: { ports: [{ port: 1 }, { port: 70000 }] } }),
    ['spec.ports[0].name', 'spec.ports[1].port', 'spec.ports[1].targetPort', 'spec.ports[1].name'],
  ],
  ['a Secret that is no base64', object('v1', 'Secret', { data: { a: '%' } }), ['data[a]']],
])('refused: %s', (_title, wrong, fields) => {
  expect(fieldsRefused(() => open().create(wrong))).toEqual(fields);
});

test('defaults of the real server; those of a Job select its own Pods', () => {
  const store = open();
  const made = store.create(
    deployment({}, { ports: [{ containerPort: 1 }], livenessProbe: { tcpSocket: { port: 1 } } }),
  );
  expect(made.spec).toMatchObject({
    replicas: 1,
    revisionHistoryLimit: 10,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
    template: {
      spec: {
        restartPolicy: 'Always',
        terminationGracePeriodSeconds: 30,
        containers: [
          {
            imagePullPolicy: 'IfNotPresent',
            ports: [{ protocol: 'TCP' }],
            livenessProbe: { periodSeconds: 10, failureThreshold: 3 },
          },
        ],
      },
    },
  });
  const job = store.create(
    object('batch/v1', 'Job', {
      spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } } },
    }),
  );
  const own = { 'batch.kubernetes.io/controller-uid': job.metadata.uid };
  expect(job.spec).toMatchObject({ selector: { matchLabels: own }, template: { metadata: { labels: own } } });
});

test('what cannot change: selectors, the address of a Service; a Service keeps its address when a client leaves it out', () => {
  const store = open();
  store.create(deployment({}));
  const other = deployment({ selector: { matchLabels: { a: 'c' } } });
  expect(fieldsRefused(() => store.update(other))).toContain('spec.selector');
  const service = object('v1', 'Service', { spec: { ports: [{ port: 80 }] } });
  const made = store.create(service);
  store.update({ ...made, spec: { ...(made.spec as object), clusterIP: '10.96.0.10', clusterIPs: ['10.96.0.10'] } });
  expect(store.update(service).spec).toMatchObject({ clusterIP: '10.96.0.10' });
  const moved = object('v1', 'Service', { spec: { ports: [{ port: 80 }], clusterIP: '10.96.0.11' } });
  expect(fieldsRefused(() => store.update(moved))).toEqual(['spec.clusterIP']);
});

test('further validators are asked for new and changed specs, not for labels and deletions', () => {
  const asked: Stored[] = [];
  const store = open([
    (checked) => {
      if (checked.kind === 'ConfigMap') asked.push(checked);
      return checked.data ? [{ field: 'data.x', type: 'Forbidden', detail: 'is not enforced here' }] : [];
    },
  ]);
  const map = object('v1', 'ConfigMap', {});
  const made = store.create(map);
  store.update({ ...made, metadata: { ...made.metadata, labels: { a: 'b' } } });
  expect(asked).toHaveLength(1);
  expect(fieldsRefused(() => store.update({ ...map, data: { x: '1' } }))).toEqual(['data.x']);
});
