import { meshOf } from '../../mesh/compile.ts';
import { type KubeObject, metadataOf } from '../../mesh/objects.ts';
import { rateWindow } from '../../mesh/promql.ts';
import type { RolloutPlan } from '../core/plan.ts';
import { findingsOf, type Loss, lossesOf } from './findings.ts';
import { type Measurement, measurementsOf } from './measurement.ts';
import { looksIn, pace, wholeSeconds } from './pace.ts';
import type { Asked, Receiver } from './queries.ts';
import { headersOf, type Way, wayOf } from './strategy.ts';
import type { Exported, ExportTarget } from './target.ts';

const apiVersion = 'flagger.app/v1beta1';

/** A Canary of Flagger, as much as is written of it (https://docs.flagger.app/usage/how-it-works). */
export interface Canary extends KubeObject {
  readonly kind: 'Canary';
  readonly spec: {
    readonly provider: string;
    readonly targetRef: { readonly apiVersion: string; readonly kind: string; readonly name: string };
    readonly progressDeadlineSeconds: number;
    readonly suspend?: boolean;
    readonly service: {
      readonly port: number;
      readonly portName: string;
      readonly appProtocol: string;
      readonly gatewayRefs: readonly { group: string; kind: string; name: string; port: number }[];
    };
    readonly analysis: Analysis;
  };
}

interface Analysis {
  readonly interval: string;
  readonly threshold: number;
  readonly stepWeights?: readonly number[];
  readonly iterations?: number;
  readonly mirror?: boolean;
  readonly match?: readonly { readonly headers: Readonly<Record<string, { exact: string } | { regex: string }>> }[];
  readonly metrics: readonly {
    readonly name: string;
    readonly interval: string;
    readonly templateRef: { readonly name: string; readonly namespace: string };
    readonly thresholdRange: { readonly max: number };
  }[];
}

/** A query with places that Flagger fills in (https://docs.flagger.app/usage/metrics#custom-metrics). */
export interface MetricTemplate extends KubeObject {
  readonly kind: 'MetricTemplate';
  readonly spec: {
    readonly provider: { readonly type: 'prometheus'; readonly address: string };
    readonly query: string;
  };
}

/**
 * The plan as a Canary with a MetricTemplate for each check that can be measured. Flagger's built-in metrics are not used: with the provider
 * `gatewayapi` they ask for series of the application's own (pkg/metrics/observers/http.go), not of the mesh.
 */
export function flaggerObjects(plan: RolloutPlan, target: ExportTarget): Exported {
  const { fatal, losses } = lossesOf('flagger', plan, target);
  const way = wayOf(plan);
  const measured = measurementsOf(plan);
  const lost = [...losses, ...(way.kind === 'match' ? unmatchable(way) : [])];
  const notExpressed = findingsOf(plan, target, lost);
  if (fatal || (way.kind === 'match' && matchesOf(way).length === 0)) return { objects: [], notExpressed, needs: [] };
  const metadata = metadataOf(target, plan.service, plan.service);
  const templates = measured.map((each) => template(each, way, plan, target));
  const canary: Canary = {
    apiVersion,
    kind: 'Canary',
    metadata,
    spec: {
      provider: 'gatewayapi:v1',
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: plan.service },
      progressDeadlineSeconds: Math.ceil(plan.gates.readinessTimeoutMs / 1000),
      ...(plan.paused ? { suspend: true } : {}),
      service: {
        port: target.port,
        portName: target.protocol,
        appProtocol: meshOf(target.mesh).appProtocol(target.protocol),
        gatewayRefs: [{ group: '', kind: 'Service', name: plan.service, port: target.port }],
      },
      analysis: analysisOf(way, measured, plan, target),
    },
  };
  return { objects: [canary, ...templates], notExpressed, needs: findingsOf(plan, target, needsOf(plan, target)) };
}

function analysisOf(
  way: Way,
  measured: readonly Measurement[],
  plan: RolloutPlan,
  { namespace }: ExportTarget,
): Analysis {
  return {
    ...advance(way, measured),
    threshold: pace.failedLooks,
    metrics: measured.map(({ name, limit }) => ({
      name,
      interval: rateWindow,
      templateRef: { name: templateName(plan, name), namespace },
      thresholdRange: { max: limit },
    })),
  };
}

/**
 * Weights take one interval each; the others go on for so many of them and are promoted then. A comparison has no value at 100 %, which
 * would be a failed check: that stage is left out then.
 */
function advance(way: Way, measured: readonly Measurement[]): Omit<Analysis, 'threshold' | 'metrics'> {
  if (way.kind !== 'weights') {
    const minDurationMs = way.kind === 'consumers' ? 0 : way.first.minDurationMs;
    return {
      interval: wholeSeconds(pace.intervalMs),
      iterations: looksIn(minDurationMs),
      ...(way.kind === 'mirror' ? { mirror: true } : {}),
      ...(way.kind === 'match' ? { match: matchesOf(way) } : {}),
    };
  }
  const compares = measured.some(({ relative }) => relative);
  const weights = way.stages.map(({ traffic }) => traffic.weight);
  return {
    interval: wholeSeconds(Math.max(pace.intervalMs, ...way.stages.map(({ minDurationMs }) => minDurationMs))),
    stepWeights: weights.filter((weight) => weight < 100 || !compares),
  };
}

/** Alternatives as Flagger writes them; those that no route can say are left out. */
function matchesOf({ any }: Way & { readonly kind: 'match' }): NonNullable<Analysis['match']> {
  return any.flatMap((each) => {
    const headers = headersOf(each);
    return headers ? [{ headers: Object.fromEntries(headers.map(({ name, value }) => [name, value])) }] : [];
  });
}

function unmatchable({ any }: Way & { readonly kind: 'match' }): readonly Loss[] {
  return any.flatMap((each, index) =>
    headersOf(each)
      ? []
      : [{ field: `strategy.match.any[${index}]`, reason: 'one pattern cannot ask for two cookies: it is left out' }],
  );
}

/** Placeholders of Flagger: the Services and Deployments that it makes have the names of these with an ending. */
function receivers(way: Way): { readonly candidate: Receiver; readonly stable: Receiver } {
  const namespace = '{{ namespace }}';
  const copies = way.kind === 'mirror';
  return {
    candidate: { namespace, service: '{{ service }}-canary', ...(copies ? { workload: '{{ target }}' } : {}) },
    stable: { namespace, service: '{{ service }}-primary', ...(copies ? { workload: '{{ target }}-primary' } : {}) },
  };
}

function template(measurement: Measurement, way: Way, plan: RolloutPlan, target: ExportTarget): MetricTemplate {
  const { candidate, stable } = receivers(way);
  const asked: Asked = {
    series: target.series,
    protocol: target.protocol === 'grpc' ? 'grpc' : 'http',
    window: '{{ interval }}',
  };
  return {
    apiVersion,
    kind: 'MetricTemplate',
    metadata: metadataOf(target, templateName(plan, measurement.name), plan.service),
    spec: {
      provider: { type: 'prometheus', address: target.prometheus },
      query: measurement.query(candidate, stable, asked),
    },
  };
}

function templateName({ service }: RolloutPlan, check: string): string {
  return `${service}-${check}`;
}

/** Flagger changes one Deployment and owns what leads to it; the kit has a Deployment for each release. */
function needsOf({ service, candidate }: RolloutPlan, { protocol }: ExportTarget): readonly Loss[] {
  const kind = protocol === 'grpc' ? 'GRPCRoute' : 'HTTPRoute';
  return [
    {
      field: `Deployment ${service}`,
      reason: `one Deployment for all releases, selected by app.kubernetes.io/name alone; a change of its Pod template to ${candidate} begins the canary`,
    },
    {
      field: `Service ${service}, ${service}-primary, ${service}-canary`,
      reason:
        'Flagger makes and owns them: no Service of a release, and no program that renders the apex Service, may stand beside it',
    },
    {
      field: `${kind} ${service}`,
      reason: `Flagger writes an HTTPRoute of this name: that of the kit has to go, and with it \`parley split\` and the Rollout`,
    },
  ];
}
