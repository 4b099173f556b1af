import type { IPeerAuthentication } from '@kubernetes-models/istio/security.istio.io/v1';
import type { MeshIntent } from '../intent.ts';
import { type KubeObject, metadataOf } from '../objects.ts';

/** Refuses plain text in the whole namespace; unset would mean PERMISSIVE. */
export function mutualTls(intent: MeshIntent): (IPeerAuthentication & KubeObject)[] {
  return [
    {
      apiVersion: 'security.istio.io/v1',
      kind: 'PeerAuthentication',
      metadata: metadataOf(intent, 'default', undefined),
      spec: { mtls: { mode: 'STRICT' } },
    },
  ];
}
