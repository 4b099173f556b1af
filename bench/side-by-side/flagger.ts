import { readFileSync } from 'node:fs';
import { objectsOf } from '../../install/manifest.ts';
import type { ObjectRef } from '../../install/site.ts';
import { versions } from '../../mesh/versions.ts';
import { configMap, deployment, type Release, rate, service, shopDeployment, withSpec } from './shop.ts';

export const flaggerNamespace = 'bench-flagger';

/** The shortest that Flagger takes: it makes ten seconds of less. */
const interval = '10s';

/** Flagger's own objects out of its release, as they are. */
export function flaggerItself(manifest: string): ObjectRef[] {
  return objectsOf(readFileSync(manifest, 'utf8'), manifest);
}

/** The service as Flagger wants it: a Deployment, its Canary with the steps 10 and 50 %, and the query that judges it. */
export function flaggerShop(image: string, stable: Release): ObjectRef[] {
  const namespace = flaggerNamespace;
  return [
    ...prometheus(namespace),
    shopDeployment(namespace, service, image, stable),
    withSpec(
      { apiVersion: 'flagger.app/v1beta1', kind: 'MetricTemplate', metadata: { name: 'failures', namespace } },
      { provider: { type: 'prometheus', address: `http://prometheus.${namespace}:9090` }, query: failures },
    ),
    withSpec(
      { apiVersion: 'flagger.app/v1beta1', kind: 'Canary', metadata: { name: service, namespace } },
      {
        provider: 'istio',
        targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: service },
        service: { port: 8080, targetPort: 8080, portName: 'http' },
        analysis: {
          interval,
          threshold: 1,
          stepWeights: [10, 50],
          metrics: [{ name: 'failures', templateRef: { name: 'failures' }, thresholdRange: { max: 1 }, interval }],
        },
      },
    ),
  ];
}

const ofCandidate = 'cluster_name=~"outbound\\\\|8080\\\\|\\\\|{{ target }}-canary\\\\.{{ namespace }}\\\\..*"';

/** Percent of the candidate's answers that failed, as its callers' sidecars count them. */
const failures = [
  `100 * (sum(rate(envoy_cluster_upstream_rq{${ofCandidate},response_code=~"5.."}[{{ interval }}])) or vector(0))`,
  `/ sum(rate(envoy_cluster_upstream_rq{${ofCandidate},response_code=~".+"}[{{ interval }}]))`,
].join(' ');

/** Reads the caller's sidecar every second, so that the evidence is as young as Flagger can have it. */
function prometheus(namespace: string): ObjectRef[] {
  const name = 'prometheus';
  const config = {
    global: { scrape_interval: '1s' },
    scrape_configs: [
      {
        job_name: 'caller',
        metrics_path: '/stats/prometheus',
        static_configs: [{ targets: [`caller.${namespace}:15090`] }],
      },
    ],
  };
  const metadata = { name, namespace };
  const ports = (port: number) => [{ name: 'http', port, targetPort: port }];
  return [
    // Prometheus reads JSON too: it is YAML (https://yaml.org/spec/1.2.2/#12-yaml-history).
    configMap(metadata, { 'prometheus.yaml': JSON.stringify(config) }),
    withSpec(
      { apiVersion: 'v1', kind: 'Service', metadata },
      { selector: { 'app.kubernetes.io/name': name }, ports: ports(9090) },
    ),
    withSpec(
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'caller', namespace } },
      { selector: { 'app.kubernetes.io/name': 'caller' }, ports: ports(15_090) },
    ),
    withVolume(
      deployment(namespace, {
        name,
        labels: { 'app.kubernetes.io/name': name, 'sidecar.istio.io/inject': 'false' },
        annotations: {},
        container: {
          name,
          image: versions.observability.prometheus.image,
          args: ['--config.file=/programs/prometheus.yaml', '--storage.tsdb.path=/tmp/data'],
          volumeMounts: [{ name: 'programs', mountPath: '/programs' }],
        },
      }),
      name,
    ),
  ];
}

function withVolume(object: ObjectRef, configMapName: string): ObjectRef {
  const volumes = [{ name: 'programs', configMap: { name: configMapName } }];
  const spec = Object(object).spec;
  return withSpec(object, { ...spec, template: { ...spec.template, spec: { ...spec.template.spec, volumes } } });
}

/** What the figures of a round were taken at. */
export const flaggerNote = `Flagger: interval ${interval}, threshold 1, steps 10 and 50 %, Prometheus reads every second; ${rate} calls a second`;
