import type { ITelemetry } from '@kubernetes-models/istio/telemetry.istio.io/v1';
import type { MeshIntent } from '../intent.ts';
import { type KubeObject, metadataOf } from '../objects.ts';
import { tracingProvider } from './install.ts';

/** Spans by the sidecars, sent to the provider that install.ts declares; nothing when the intent asks for none. */
export function tracing(intent: MeshIntent): (ITelemetry & KubeObject)[] {
  if (!intent.tracing) return [];
  return [
    {
      apiVersion: 'telemetry.istio.io/v1',
      kind: 'Telemetry',
      metadata: metadataOf(intent, 'tracing', undefined),
      spec: {
        tracing: [
          {
            providers: [{ name: tracingProvider }],
            randomSamplingPercentage: intent.tracing.samplingPercent,
          },
        ],
      },
    },
  ];
}
