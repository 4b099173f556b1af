import { expect, test } from 'vitest';
import type { KubeObject } from '../mesh/objects.ts';
import { renderObservability } from './render.ts';
import { sampleOptions } from './sample.ts';

/** The label values and ports of each rule: enough to read who may talk to whom. */
function flows(objects: readonly KubeObject[], name: string): unknown {
  const policy = objects.find(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === name);
  const rules = (direction: string): unknown[] => Object(Reflect.get(Object(Object(policy).spec), direction));
  const read = (rule: unknown) => {
    const text = JSON.stringify(rule);
    const peers = [
      ...text.matchAll(/"(?:kubernetes\.io\/metadata\.name|k8s-app|app\.kubernetes\.io\/(?:name|part-of))":"([^"]+)"/g),
    ];
    return `${peers.map(([, peer]) => peer).join('/') || 'anywhere'}: ${[...text.matchAll(/"port":(\d+)/g)].map(([, port]) => port).join(' ')}`;
  };
  return { ingress: rules('ingress').map(read), egress: rules('egress').map(read) };
}

const dns = 'kube-system/kube-dns: 53 53';

test('under Istio packets flow along the edges, and Prometheus reaches merged metrics, istiod and the API server', () => {
  const objects = renderObservability(sampleOptions());
  expect(flows(objects, 'collector')).toEqual({
    ingress: ['exchange/exchange: 4317', 'exchange/exchange: 4318', 'prometheus: 8889', 'prometheus: 8888'],
    egress: [dns, 'jaeger: 4317'],
  });
  expect(flows(objects, 'jaeger')).toEqual({
    ingress: ['collector: 4317', 'grafana: 16686', 'prometheus: 8888'],
    egress: [dns],
  });
  expect(flows(objects, 'grafana')).toEqual({
    ingress: ['prometheus: 3000'],
    egress: [dns, 'prometheus: 9090', 'jaeger: 16686'],
  });
  expect(flows(objects, 'prometheus')).toEqual({
    ingress: ['grafana: 9090'],
    egress: [
      dns,
      'collector: 8889',
      'collector: 8888',
      'jaeger: 8888',
      'grafana: 3000',
      'exchange/exchange: 15020',
      'istio-system: 15014',
      'parley/rollouts: 9090',
      'anywhere: 443 6443',
    ],
  });
});

test('under Linkerd every Pod has a sidecar, which takes in on its own port and talks to the control plane', () => {
  const objects = renderObservability(sampleOptions({ mesh: 'linkerd' }));
  const controlPlane = 'linkerd: 8080 8086 8090';
  expect(flows(objects, 'jaeger')).toEqual({
    ingress: ['collector: 4317 4143', 'grafana: 16686 4143', 'prometheus: 8888 4143'],
    egress: [dns, controlPlane],
  });
  expect(flows(objects, 'prometheus')).toMatchObject({
    egress: expect.arrayContaining([
      'exchange/exchange: 9090 4191 4143',
      'linkerd: 9990 9995 9996 9997 4191 4143',
      'anywhere: 443 6443',
    ]),
  });
});

test('nothing else flows', () => {
  const objects = renderObservability(sampleOptions());
  expect(
    objects.find(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === 'default-deny'),
  ).toHaveProperty('spec', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
});
