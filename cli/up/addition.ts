import { type Capture, defaultCapture } from '../../charts/context.ts';
import type { Thing } from '../../install/ledger.ts';
import { exchange } from '../../mesh/exchange.ts';
import type { KubeObject } from '../../mesh/objects.ts';
import * as observed from '../../observability/names.ts';
import * as judged from '../../rollout/deploy/names.ts';
import type { Settings } from '../target/settings.ts';

/** A part of the kit beside the exchange: in a namespace of its own, applied before the exchange, gone when nobody wants it any more. */
export interface Addition {
  /** As the ledger and progress call it. */
  readonly thing: Extract<Thing, 'observability' | 'rollouts'>;
  readonly namespace: string;
  /** Of each of its objects, wherever it is. */
  readonly labels: Readonly<Record<string, string>>;
  /** In order; none when nothing of it is wanted. */
  readonly objects: readonly KubeObject[];
  /** Every kind and namespace that some choice has objects in; what is looked through when less is wanted than before. */
  places(): Promise<readonly Place[]>;
}

/** Where objects of one kind are; without a namespace: in none. */
export interface Place {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
}

/**
 * What the settings come to beside the exchange. The controller of rollouts comes first: Prometheus gets a Role in its namespace.
 *
 * @param images what images are called in the cluster, by the names of the charts
 */
export async function additionsOf(
  settings: Settings,
  images: Readonly<Record<string, string>> = {},
): Promise<readonly Addition[]> {
  const all: Settings = { ...settings, parts: observed.observabilityParts, rollouts: true };
  return [
    {
      thing: 'rollouts',
      namespace: judged.namespace,
      labels: judged.labels,
      objects: await controllerObjects(settings, images),
      places: async () => placesOf(await controllerObjects(all, images)),
    },
    {
      thing: 'observability',
      namespace: observed.namespace,
      labels: observed.labels,
      objects: await observabilityObjects(settings),
      places: async () => placesOf(await observabilityObjects(all)),
    },
  ];
}

function placesOf(objects: readonly KubeObject[]): Place[] {
  const places = objects.map(({ apiVersion, kind, metadata }) => ({ apiVersion, kind, namespace: metadata.namespace }));
  return [...new Map(places.map((place) => [Object.values(place).join(' '), place])).values()];
}

/** cdk8s and the dashboards are loaded only when they are needed. */
async function observabilityObjects(settings: Settings): Promise<readonly KubeObject[]> {
  const { mesh, env, parts, meshMetrics, rollouts } = settings;
  if (parts.length === 0) return [];
  const { renderObservability } = await import('../../observability/render.ts');
  const { namespace: exchangeNamespace, trustDomain } = exchange;
  const capture = captureOf(settings);
  return renderObservability({ mesh, env, parts, meshMetrics, capture, exchangeNamespace, trustDomain, rollouts });
}

async function controllerObjects(
  settings: Settings,
  images: Readonly<Record<string, string>>,
): Promise<readonly KubeObject[]> {
  const { mesh, env, parts, rollouts } = settings;
  if (!rollouts) return [];
  const { renderController } = await import('../../rollout/deploy/render.ts');
  const observed = parts.includes('prometheus');
  const exchangeNamespace = exchange.namespace;
  return renderController({ mesh, env, capture: captureOf(settings), exchangeNamespace, observed, images });
}

function captureOf({ capture = defaultCapture }: Settings): Capture {
  return capture;
}
