import type { MeshIntent, MetricsReader } from '../intent.ts';
import { metadataOf, ownLabels } from '../objects.ts';
import { adminServers, server } from './authorization.ts';
import type { AuthorizationPolicy, MeshTLSAuthentication, Server } from './policy.ts';

/** Metrics and health of a Linkerd proxy (https://linkerd.io/2/reference/proxy-metrics/). */
export const proxyAdminPort = 4191;

const proxyAdmin = 'linkerd-admin';

/**
 * Who may read metrics: of the application on its admin port, of the proxy on its own. Where the default is `deny`, the proxy's
 * port refuses everyone but the probes of the kubelet, as any other port does. No route hangs on these Servers: one
 * that does would put an end to Linkerd's letting probes through by itself, so whoever reads metrics may ask for health too.
 */
export function monitoring(intent: MeshIntent): (Server | AuthorizationPolicy | MeshTLSAuthentication)[] {
  const { readers = [] } = intent;
  if (readers.length === 0) return [];
  return [
    server(intent, { name: proxyAdmin, pods: ownLabels, port: proxyAdminPort, proxyProtocol: 'HTTP/1' }),
    ...readers.flatMap((reader) => [
      identity(intent, reader),
      ...serversOf(intent, reader).map((name) => allow(intent, name, reader.serviceAccount)),
    ]),
  ];
}

function identity(intent: MeshIntent, { serviceAccount, namespace }: MetricsReader): MeshTLSAuthentication {
  return {
    apiVersion: 'policy.linkerd.io/v1alpha1',
    kind: 'MeshTLSAuthentication',
    metadata: metadataOf(intent, serviceAccount, undefined),
    spec: { identityRefs: [{ kind: 'ServiceAccount', name: serviceAccount, namespace }] },
  };
}

function serversOf(intent: MeshIntent, { reads }: MetricsReader): string[] {
  return reads === 'pods' ? [proxyAdmin, ...adminServers(intent)] : [proxyAdmin];
}

function allow(intent: MeshIntent, server: string, reader: string): AuthorizationPolicy {
  return {
    apiVersion: 'policy.linkerd.io/v1alpha1',
    kind: 'AuthorizationPolicy',
    metadata: metadataOf(intent, `${server}-from-${reader}`, undefined),
    spec: {
      targetRef: { group: 'policy.linkerd.io', kind: 'Server', name: server },
      requiredAuthenticationRefs: [{ group: 'policy.linkerd.io', kind: 'MeshTLSAuthentication', name: reader }],
    },
  };
}
