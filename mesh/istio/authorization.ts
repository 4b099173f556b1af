import type { IAuthorizationPolicy } from '@kubernetes-models/istio/security.istio.io/v1';
import { edgesOf, type MeshIntent, serviceAccountOf } from '../intent.ts';
import { type KubeObject, metadataOf, serviceSelector } from '../objects.ts';

type Policy = IAuthorizationPolicy & KubeObject;

/**
 * Nobody may call anybody, then one allow per edge. An ALLOW policy without rules matches no request, and a workload
 * with any ALLOW policy refuses what none of them matches (https://istio.io/latest/docs/concepts/security/#implicit-enablement).
 */
export function authorization(intent: MeshIntent): Policy[] {
  return [denyAll(intent), ...edgesOf(intent).map(({ provider, caller }) => allow(intent, provider, caller))];
}

function denyAll(intent: MeshIntent): Policy {
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: metadataOf(intent, 'deny-all', undefined),
    spec: {},
  };
}

function allow(intent: MeshIntent, provider: { name: string; port: number }, caller: string): Policy {
  const account = serviceAccountOf(intent, caller);
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: metadataOf(intent, `${provider.name}-from-${caller}`, provider.name),
    spec: {
      selector: { matchLabels: serviceSelector(provider.name) },
      action: 'ALLOW',
      rules: [
        {
          from: [{ source: { principals: [`${intent.trustDomain}/ns/${intent.namespace}/sa/${account}`] } }],
          to: [{ operation: { ports: [String(provider.port)] } }],
        },
      ],
    },
  };
}
