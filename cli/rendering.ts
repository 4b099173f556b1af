import { join } from 'node:path';
import type { Namespace } from 'kubernetes-types/core/v1.js';
import { z } from 'zod';
import { readCatalogue } from '../charts/catalogue.ts';
import { type Capture, captures, type Storage, storages } from '../charts/context.ts';
import { environmentNames } from '../charts/environments.ts';
import type { Plan } from '../charts/plan.ts';
import { monitoring, rollouts } from '../mesh/exchange.ts';
import { type MeshName, type MetricsReader, meshNames } from '../mesh/intent.ts';
import type { KubeObject } from '../mesh/objects.ts';
import { envoyCounters } from '../observability/rules/envoy-counters.ts';
import { type MeshMetrics, meshMetricsNames } from '../observability/rules/rules.ts';
import { neededStats } from '../rollout/evidence/needed-stats.ts';
import type { Cluster } from './cluster.ts';
import type { CommandContext } from './command.ts';
import { Failure } from './failure.ts';
import { namespace } from './routes.ts';

/** Everything beside the plan that the objects depend on. */
export interface RenderChoices {
  readonly mesh: MeshName;
  readonly env: string;
  /** Where services and sidecars send spans (OTLP over HTTP); absent: nowhere. */
  readonly collector?: string;
  /** How traffic gets into sidecars; absent: the default of the charts. */
  readonly capture?: Capture;
  /** Where the database keeps its data; absent: the default of the charts. */
  readonly storage?: Storage;
  /** Whether the kit's own observability may read the metrics of the exchange. */
  readonly monitoring?: boolean;
  /** Which series of the mesh the observability reads; absent: the mesh's own. */
  readonly meshMetrics?: MeshMetrics;
  /** Whether the controller of rollouts may read what sidecars count. */
  readonly rollouts?: boolean;
  /** What images are called in the cluster, by the names of the charts. */
  readonly images?: Readonly<Record<string, string>>;
  readonly repo: string;
}

export interface Rendered {
  readonly objects: readonly KubeObject[];
  /** Kinds of which objects that are not rendered are to go. */
  readonly prunable: readonly { readonly apiVersion: string; readonly kind: string }[];
}

/** Share of requests of which the sidecars make spans when a collector is there; bench/ has what more would cost. */
const samplingPercent = 10;

/** Kinds that hold what cannot be made again, or all the rest. */
const kept = ['Namespace', 'Secret', 'StatefulSet'];

/** Kinds that some choices leave out altogether: what other choices made of them has to go too. */
const sometimes = [{ apiVersion: 'telemetry.istio.io/v1', kind: 'Telemetry' }];

/** The objects of a plan. cdk8s is loaded only when it is needed. */
export async function renderPlan(plan: Plan, choices: RenderChoices): Promise<Rendered> {
  const { render } = await import('../charts/render.ts');
  const objects = render(await renderOptions(plan, choices));
  const kinds = [...objects, ...sometimes].map(({ apiVersion, kind }) => ({ apiVersion, kind }));
  return { objects, prunable: kinds.filter(({ kind }) => !kept.includes(kind)) };
}

export async function renderOptions(plan: Plan, choices: RenderChoices) {
  const { capture, storage, images } = choices;
  const collector = choices.collector ? { collector: new URL(choices.collector), tracing: { samplingPercent } } : {};
  return {
    plan,
    catalogue: readCatalogue(join(choices.repo, 'services')),
    mesh: choices.mesh,
    env: choices.env,
    ...collector,
    readers: readersOf(choices),
    ...(capture ? { capture } : {}),
    ...(storage ? { storage } : {}),
    ...(images ? { images } : {}),
  };
}

function readersOf({ monitoring: observed, meshMetrics, rollouts: judged }: RenderChoices): MetricsReader[] {
  return [
    ...(observed ? [meshMetrics === 'envoy' ? { ...monitoring, envoyCounters } : monitoring] : []),
    ...(judged ? [{ ...rollouts, envoyCounters: neededStats }] : []),
  ];
}

const choicesAnnotation = 'parley.dev/choices';

const rememberedChoices = z.object({
  mesh: z.enum(meshNames),
  env: z.enum(environmentNames),
  collector: z.string().optional(),
  capture: z.enum(captures).optional(),
  storage: z.enum(storages).optional(),
  monitoring: z.boolean().optional(),
  meshMetrics: z.enum(meshMetricsNames).optional(),
  rollouts: z.boolean().optional(),
  images: z.record(z.string(), z.string()).optional(),
});

/** Writes down on the Namespace what `up` was asked for, so that `release` and `split` render the same. */
export async function rememberChoices(cluster: Cluster, choices: RenderChoices): Promise<void> {
  const { repo: _, ...remembered } = choices;
  const annotations = { [choicesAnnotation]: JSON.stringify(remembered) };
  const patch = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, annotations } };
  await cluster.merge(patch);
}

/** What the running exchange was rendered with. Fails when nothing runs. */
export async function choicesInForce(cluster: Cluster, context: Pick<CommandContext, 'repo'>): Promise<RenderChoices> {
  const found = await cluster.read<Namespace>({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const text = found?.metadata?.annotations?.[choicesAnnotation];
  if (!text)
    throw new Failure('NotRunning', `Namespace ${namespace} was not made by parley up`, { hint: 'Type: parley up' });
  const { success, data } = rememberedChoices.safeParse(JSON.parse(text));
  if (!success) {
    throw new Failure('BadAnnotation', `Namespace ${namespace}: annotation ${choicesAnnotation} is \`${text}\``, {
      hint: 'Type: parley up',
    });
  }
  return { ...data, repo: context.repo };
}
