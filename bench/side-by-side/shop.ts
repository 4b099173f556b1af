import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ObjectRef } from '../../install/site.ts';
import { ownLabels, serviceSelector } from '../../mesh/objects.ts';
import { releaseName } from '../../mesh/release.ts';

export const service = 'shop';
const port = 8080;
/** Calls a second. */
export const rate = 100;

/** What one engine rolls out: a release answers at once, or fails so many of its answers. */
export interface Release {
  readonly version: string;
  readonly failShare: number;
}

const program = (file: string) => readFileSync(join(import.meta.dirname, file), 'utf8');

/** The namespace of one engine, in the mesh, with the programs and the caller; `image` has node. */
export function shopBase(namespace: string, image: string): ObjectRef[] {
  const metadata = (name: string) => ({ name, namespace });
  const data = { 'server.mjs': program('server.mjs'), 'caller.mjs': program('caller.mjs') };
  const counted = { proxyStatsMatcher: { inclusionRegexps: ['cluster\\.outbound.*upstream_rq.*'] } };
  const annotations = { 'proxy.istio.io/config': JSON.stringify(counted), 'sidecar.istio.io/statsFlushInterval': '1s' };
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, labels: { 'istio-injection': 'enabled' } },
    },
    configMap(metadata('programs'), data),
    deployment(namespace, {
      name: 'caller',
      labels: { ...serviceSelector('caller'), ...ownLabels },
      annotations,
      container: container(image, 'caller.mjs', { TARGET: `http://${service}:${port}/`, RATE: String(rate) }),
    }),
  ];
}

/** A Deployment of the service's program; `name` is what the engine wants it to be called. */
export function shopDeployment(namespace: string, name: string, image: string, release: Release): ObjectRef {
  const labels = { ...serviceSelector(service), 'app.kubernetes.io/version': release.version, ...ownLabels };
  const env = { RELEASE: release.version, FAIL_SHARE: String(release.failShare) };
  return deployment(namespace, { name, labels, annotations: {}, container: container(image, 'server.mjs', env) });
}

/** A release beside the others, as Parley wants it: a Deployment and a Service of its own. */
export function shopRelease(namespace: string, image: string, release: Release): ObjectRef[] {
  const name = releaseName(service, release.version);
  return [shopDeployment(namespace, name, image, release), shopService(namespace, name, { app: name })];
}

export function shopService(namespace: string, name: string, selector: Readonly<Record<string, string>>): ObjectRef {
  const ports = [{ name: 'http', port, targetPort: port }];
  return withSpec({ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace } }, { selector, ports });
}

/** The route that Parley writes weights into. */
export function shopRoute(namespace: string, weights: Readonly<Record<string, number>>): ObjectRef {
  const backendRefs = Object.entries(weights).map(([version, weight]) => ({
    name: releaseName(service, version),
    port,
    weight,
  }));
  return withSpec(
    { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', metadata: { name: service, namespace } },
    { parentRefs: [{ group: '', kind: 'Service', name: service, port }], rules: [{ backendRefs }] },
  );
}

interface DeploymentProps {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly container: object;
}

export function deployment(
  namespace: string,
  { name, labels, annotations, container: only }: DeploymentProps,
): ObjectRef {
  const volumes = [{ name: 'programs', configMap: { name: 'programs' } }];
  return withSpec(
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace, labels } },
    {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { ...labels, app: name }, annotations },
        spec: { terminationGracePeriodSeconds: 10, containers: [only], volumes },
      },
    },
  );
}

function container(image: string, file: string, env: Readonly<Record<string, string>>): object {
  return {
    name: 'program',
    image,
    command: ['node', `/programs/${file}`],
    env: Object.entries(env).map(([name, value]) => ({ name, value })),
    volumeMounts: [{ name: 'programs', mountPath: '/programs' }],
    ...(file === 'server.mjs'
      ? {
          ports: [{ name: 'http', containerPort: port }],
          readinessProbe: { tcpSocket: { port }, periodSeconds: 1 },
          lifecycle: { preStop: { sleep: { seconds: 5 } } },
        }
      : {}),
  };
}

export function configMap(
  metadata: { readonly name: string; readonly namespace: string },
  data: Readonly<Record<string, string>>,
): ObjectRef {
  return Object.assign({ apiVersion: 'v1', kind: 'ConfigMap', metadata }, { data });
}

export function withSpec(object: ObjectRef, spec: object): ObjectRef {
  return Object.assign(object, { spec });
}
