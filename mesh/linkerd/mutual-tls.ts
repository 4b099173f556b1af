import { edgesOf, type MeshIntent, serviceAccountOf } from '../intent.ts';
import type { Marks } from '../mesh.ts';
import { metadataOf } from '../objects.ts';
import type { MeshTLSAuthentication } from './policy.ts';

/** The identity that each edge asks for. Linkerd's TLS is always mutual; these name who must be at the other end. */
export function mutualTls(intent: MeshIntent): MeshTLSAuthentication[] {
  return edgesOf(intent).map(({ provider, caller }) => ({
    apiVersion: 'policy.linkerd.io/v1alpha1',
    kind: 'MeshTLSAuthentication',
    metadata: metadataOf(intent, `${provider.name}-from-${caller}`, provider.name),
    spec: { identityRefs: [{ kind: 'ServiceAccount', name: serviceAccountOf(intent, caller) }] },
  }));
}

/** Injection for the namespace, and the refusal of plain text and of everyone on ports that have no Server. */
export const namespaceMarks: Marks = {
  labels: {},
  annotations: { 'linkerd.io/inject': 'enabled', 'config.linkerd.io/default-inbound-policy': 'deny' },
};
