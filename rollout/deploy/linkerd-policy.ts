import { monitoring } from '../../mesh/exchange.ts';
import type { AuthorizationPolicy, MeshTLSAuthentication, Server } from '../../mesh/linkerd/policy.ts';
import { serviceSelector } from '../../mesh/objects.ts';
import { adminPort } from '../../mesh/ports.ts';
import type { DeployOptions } from './deploy-options.ts';
import { labels, name, namespace } from './names.ts';

const scraper = monitoring.serviceAccount;

/** Who may read the controller's metrics by identity: Prometheus. Linkerd lets the probes of the kubelet through by itself. */
export function linkerdPolicy({
  mesh,
  observed,
}: DeployOptions): (Server | AuthorizationPolicy | MeshTLSAuthentication)[] {
  if (mesh !== 'linkerd') return [];
  return [server(), ...(observed ? [identity(), allow()] : [])];
}

const serverName = `${name}-admin`;

function server(): Server {
  return {
    apiVersion: 'policy.linkerd.io/v1beta3',
    kind: 'Server',
    metadata: metadata(serverName),
    spec: {
      podSelector: { matchLabels: serviceSelector(name) },
      port: adminPort,
      proxyProtocol: 'HTTP/1',
      accessPolicy: 'deny',
    },
  };
}

function identity(): MeshTLSAuthentication {
  return {
    apiVersion: 'policy.linkerd.io/v1alpha1',
    kind: 'MeshTLSAuthentication',
    metadata: metadata(scraper),
    spec: { identityRefs: [{ kind: 'ServiceAccount', name: scraper, namespace: monitoring.namespace }] },
  };
}

function allow(): AuthorizationPolicy {
  return {
    apiVersion: 'policy.linkerd.io/v1alpha1',
    kind: 'AuthorizationPolicy',
    metadata: metadata(`${serverName}-from-${scraper}`),
    spec: {
      targetRef: { group: 'policy.linkerd.io', kind: 'Server', name: serverName },
      requiredAuthenticationRefs: [{ group: 'policy.linkerd.io', kind: 'MeshTLSAuthentication', name: scraper }],
    },
  };
}

function metadata(own: string): Server['metadata'] {
  return { name: own, namespace, labels: { ...serviceSelector(name), ...labels } };
}
