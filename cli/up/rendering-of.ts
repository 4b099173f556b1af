import { type Capture, defaultCapture } from '../../charts/context.ts';
import { exchange } from '../../mesh/exchange.ts';
import type { KubeObject } from '../../mesh/objects.ts';
import { otlpHttpPort } from '../../mesh/ports.ts';
import { hostOf, observabilityParts } from '../../observability/names.ts';
import type { CommandContext } from '../command.ts';
import type { RenderChoices } from '../rendering.ts';
import type { Settings } from '../target/settings.ts';
import type { Target } from '../target/target.ts';

export interface Rendering {
  readonly choices: RenderChoices;
  /** Objects of the observability, in order; none when no part of it is wanted. */
  readonly observability: readonly KubeObject[];
}

/** What the settings come to for a target: the choices of the charts, and the observability's own objects. */
export async function renderingOf(
  target: Pick<Target, 'images'>,
  context: Pick<CommandContext, 'env' | 'repo'>,
  settings: Settings,
  images: Readonly<Record<string, string>> | undefined,
): Promise<Rendering> {
  const { mesh, env, parts, capture = defaultCapture, storage } = settings;
  const own = parts.includes('collector') ? `http://${hostOf('collector')}:${otlpHttpPort}` : undefined;
  const collector = own ?? (context.env.OTEL_EXPORTER_OTLP_ENDPOINT || undefined);
  const common = { mesh, env, repo: context.repo, ...(collector ? { collector } : {}) };
  if (!target.images) return { choices: common, observability: [] };
  const monitoring = parts.includes('prometheus');
  return {
    choices: { ...common, capture, storage, monitoring, ...(images ? { images } : {}) },
    observability: await observabilityObjects(settings, capture),
  };
}

/** cdk8s and the dashboards are loaded only when they are needed. */
async function observabilityObjects(settings: Settings, capture: Capture): Promise<readonly KubeObject[]> {
  const { mesh, env, parts, meshMetrics } = settings;
  if (parts.length === 0) return [];
  const { renderObservability } = await import('../../observability/render.ts');
  const { namespace: exchangeNamespace, trustDomain } = exchange;
  return renderObservability({ mesh, env, parts, meshMetrics, capture, exchangeNamespace, trustDomain });
}

/** Every kind and namespace that some choice of parts has objects in; what is looked through when parts are not wanted any more. */
export async function observabilityPlaces(settings: Settings, capture: Capture = defaultCapture): Promise<Place[]> {
  const all = await observabilityObjects({ ...settings, parts: observabilityParts }, capture);
  const places = all.map(({ apiVersion, kind, metadata }) => ({ apiVersion, kind, namespace: metadata.namespace }));
  return [...new Map(places.map((place) => [Object.values(place).join(' '), place])).values()];
}

/** Where objects of one kind are; without a namespace: in none. */
export interface Place {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
}

interface PodTemplate {
  readonly spec?: {
    readonly template?: {
      readonly spec?: {
        readonly containers?: readonly { readonly image?: string }[];
        readonly initContainers?: readonly { readonly image?: string }[];
      };
    };
  };
}

/** Images that the Pods of these objects run, each once. Istio fills in the image `auto`. Pure. */
export function imagesIn(objects: readonly (KubeObject & PodTemplate)[]): string[] {
  const images = objects.flatMap(({ spec }) => {
    const { containers = [], initContainers = [] } = spec?.template?.spec ?? {};
    return [...initContainers, ...containers].flatMap(({ image }) => (image && image !== 'auto' ? [image] : []));
  });
  return [...new Set(images)];
}
