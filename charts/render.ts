import { stringify } from 'yaml';
import { compile, meshOf } from '../mesh/compile.ts';
import { exchangeIntent } from '../mesh/exchange.ts';
import type { MeshIntent, MetricsReader } from '../mesh/intent.ts';
import type { Compiled, Finding } from '../mesh/mesh.ts';
import type { KubeObject } from '../mesh/objects.ts';
import type { Catalogue } from './catalogue.ts';
import { objectsOf } from './chart-objects.ts';
import { type Capture, defaultCapture, defaultStorage, type Storage } from './context.ts';
import { environmentOf } from './environments.ts';
import { exchangeChart } from './exchange.ts';
import { inOrder } from './order.ts';
import { assertPlan, type Plan } from './plan.ts';

export interface RenderOptions {
  readonly plan: Plan;
  readonly catalogue: Catalogue;
  /** A name of `meshNames`. */
  readonly mesh: string;
  /** A name of `environmentNames`. */
  readonly env: string;
  /** Where services send spans, OTLP over HTTP; absent: nowhere. */
  readonly collector?: URL;
  /** Spans by the sidecars; absent: none. */
  readonly tracing?: MeshIntent['tracing'];
  /** Who may read metrics; absent: nobody. */
  readonly readers?: readonly MetricsReader[];
  /** How traffic gets into the sidecars; absent: {@link defaultCapture}. */
  readonly capture?: Capture;
  /** Where the database keeps its data; absent: {@link defaultStorage}. */
  readonly storage?: Storage;
  /** What images are called in the cluster, by the names of the charts; one that is not listed keeps its name. */
  readonly images?: Readonly<Record<string, string>>;
}

/**
 * The objects of the exchange, in the order in which they can be applied. The same options always give the same bytes.
 * Throws PlanError, IntentError, UnknownMeshError and UnknownEnvironmentError.
 */
export function render(options: RenderOptions): KubeObject[] {
  const environment = environmentOf(options.env);
  const mesh = meshOf(options.mesh);
  const { intent, compiled } = compiledOf(options);
  const { collector, catalogue, capture = defaultCapture, storage = defaultStorage, images = {} } = options;
  const context = {
    intent,
    mesh,
    compiled,
    environment,
    capture,
    storage,
    images,
    ...(collector ? { collector } : {}),
  };
  const chart = exchangeChart(context, catalogue);
  return inOrder([...objectsOf(chart), ...compiled.objects]);
}

/** What the mesh cannot express of the intent that {@link render} compiles; for people, on stderr. */
export function findings(options: RenderOptions): readonly Finding[] {
  return compiledOf(options).compiled.notExpressed;
}

/** One document per object, each begun by `---`; no anchors, no folded lines. */
export function toYaml(objects: readonly KubeObject[]): string {
  return objects.map((object) => `---\n${stringify(object, yamlOptions)}`).join('');
}

/** Strings that YAML 1.1, which kubectl reads, would take for something else are quoted. */
const yamlOptions = { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false } as const;

/** One object of kind List. */
export function toJson(objects: readonly KubeObject[]): string {
  return `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }, undefined, 2)}\n`;
}

function compiledOf(options: RenderOptions): { intent: MeshIntent; compiled: Compiled } {
  const { plan, catalogue, mesh, tracing, readers } = options;
  assertPlan(plan, catalogue);
  const intent = exchangeIntent(catalogue, plan, {
    ...(tracing ? { tracing } : {}),
    ...(readers ? { readers } : {}),
  });
  return { intent, compiled: compile(intent, mesh) };
}
