import { defaultCapture } from '../../charts/context.ts';
import type { KubeObject } from '../../mesh/objects.ts';
import { otlpHttpPort } from '../../mesh/ports.ts';
import { hostOf } from '../../observability/names.ts';
import type { CommandContext } from '../command.ts';
import type { RenderChoices } from '../rendering.ts';
import type { Settings } from '../target/settings.ts';
import type { Target } from '../target/target.ts';
import { type Addition, additionsOf } from './addition.ts';

export interface Rendering {
  readonly choices: RenderChoices;
  /** What runs beside the exchange, in the order in which it is applied; none where the target brings its own. */
  readonly additions: readonly Addition[];
}

/** What the settings come to for a target: the choices of the charts, and what runs beside the exchange. */
export async function renderingOf(
  target: Pick<Target, 'images'>,
  context: Pick<CommandContext, 'env' | 'repo'>,
  settings: Settings,
  images: Readonly<Record<string, string>> | undefined,
): Promise<Rendering> {
  const { mesh, env, parts, capture = defaultCapture, storage, meshMetrics, rollouts } = settings;
  const own = parts.includes('collector') ? `http://${hostOf('collector')}:${otlpHttpPort}` : undefined;
  const collector = own ?? (context.env.OTEL_EXPORTER_OTLP_ENDPOINT || undefined);
  const common = { mesh, env, repo: context.repo, ...(collector ? { collector } : {}) };
  if (!target.images) return { choices: common, additions: [] };
  const monitoring = parts.includes('prometheus');
  return {
    choices: { ...common, capture, storage, monitoring, meshMetrics, rollouts, ...(images ? { images } : {}) },
    additions: await additionsOf(settings, images),
  };
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
