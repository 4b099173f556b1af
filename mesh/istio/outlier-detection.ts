import type { IDestinationRule } from '@kubernetes-models/istio/networking.istio.io/v1';
import { gatewayDuration } from '../duration.ts';
import { type MeshIntent, routed } from '../intent.ts';
import { type KubeObject, metadataOf } from '../objects.ts';
import { compareReleases, releaseName } from '../release.ts';

/** One DestinationRule per release: its Service is what the routes send to, and Pods are ejected among their own release only. */
export function outlierDetection(intent: MeshIntent): (IDestinationRule & KubeObject)[] {
  return routed(intent).flatMap((service) => {
    const outliers = service.outlierDetection;
    if (!outliers) return [];
    return Object.keys(service.split)
      .sort(compareReleases)
      .map((version): IDestinationRule & KubeObject => {
        const name = releaseName(service.name, version);
        return {
          apiVersion: 'networking.istio.io/v1',
          kind: 'DestinationRule',
          metadata: metadataOf(intent, name, service.name),
          spec: {
            host: `${name}.${intent.namespace}.svc.cluster.local`,
            trafficPolicy: {
              outlierDetection: {
                consecutive5xxErrors: outliers.consecutiveErrors,
                interval: gatewayDuration(outliers.intervalMs),
                baseEjectionTime: gatewayDuration(outliers.baseEjectionMs),
                maxEjectionPercent: outliers.maxEjectionPercent,
              },
            },
          },
        };
      });
  });
}
