import { type KubeObject, metadataOf, serviceSelector } from '../../mesh/objects.ts';
import { rateWindow } from '../../mesh/promql.ts';
import { releaseName } from '../../mesh/release.ts';
import type { RolloutPlan } from '../core/plan.ts';
import type { Stage } from '../core/traffic.ts';
import { type HeaderRoute, headerRoutesOf } from './argo-header-routes.ts';
import { findingsOf, type Loss, lossesOf } from './findings.ts';
import { isMeasuredAt, type Measurement, measurementsOf } from './measurement.ts';
import { looksIn, pace, wholeSeconds } from './pace.ts';
import type { Receiver } from './queries.ts';
import { type HeaderCondition, wayOf } from './strategy.ts';
import type { Exported, ExportTarget } from './target.ts';

const apiVersion = 'argoproj.io/v1alpha1';
const plugin = 'argoproj-labs/gatewayAPI';

interface NameAndValue {
  readonly name: string;
  readonly value: string;
}

/** A step of a canary (https://argo-rollouts.readthedocs.io/en/stable/features/specification/). */
export type ArgoStep =
  | { readonly setWeight: number }
  | { readonly setCanaryScale: { readonly weight: number } | { readonly matchTrafficWeight: true } }
  | {
      readonly setHeaderRoute: {
        readonly name: string;
        readonly match: readonly { readonly headerName: string; readonly headerValue: HeaderCondition['value'] }[];
      };
    }
  | {
      readonly analysis: {
        readonly templates: readonly { templateName: string }[];
        readonly args: readonly NameAndValue[];
      };
    };

/** A Rollout of Argo Rollouts, as much as is written of it. */
export interface ArgoRollout extends KubeObject {
  readonly kind: 'Rollout';
  readonly spec: {
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly workloadRef: { apiVersion: string; kind: string; name: string; scaleDown: 'never' };
    readonly progressDeadlineSeconds: number;
    readonly progressDeadlineAbort: true;
    readonly paused?: true;
    readonly strategy: {
      readonly canary: {
        readonly canaryService: string;
        readonly stableService: string;
        readonly trafficRouting: {
          readonly managedRoutes?: readonly { readonly name: string }[];
          readonly plugins: Readonly<Record<typeof plugin, GatewayRouting>>;
        };
        readonly steps: readonly ArgoStep[];
      };
    };
  };
}

/** What the plug-in for Gateway API is told (https://rollouts-plugin-trafficrouter-gatewayapi.readthedocs.io/en/latest/features/multiple-routes/). */
interface GatewayRouting {
  readonly namespace: string;
  readonly httpRoutes?: readonly RouteRef[];
  readonly grpcRoutes?: readonly RouteRef[];
}

interface RouteRef {
  readonly name: string;
  readonly useHeaderRoutes: boolean;
}

/** One question with what counts as an answer (https://argo-rollouts.readthedocs.io/en/stable/features/analysis/). */
export interface AnalysisTemplate extends KubeObject {
  readonly kind: 'AnalysisTemplate';
  readonly spec: {
    readonly args: readonly NameAndValue[];
    readonly metrics: readonly {
      readonly name: string;
      readonly interval: string;
      readonly count: string;
      readonly consecutiveSuccessLimit: string;
      readonly failureLimit: number;
      readonly inconclusiveLimit: string;
      readonly successCondition: string;
      readonly failureCondition: string;
      readonly provider: { readonly prometheus: { readonly address: string; readonly query: string } };
    }[];
  };
}

/**
 * The plan as a Rollout that shifts by the plug-in for Gateway API, with an AnalysisTemplate for each check that can be measured; a stage lasts
 * until its analysis is conclusive. Blue-green is one step to 100 % as well: Argo's own blueGreen turns Services round, and a route in the mesh
 * does not go by these.
 */
export function argoObjects(plan: RolloutPlan, target: ExportTarget): Exported {
  const { fatal, losses } = lossesOf('argo', plan, target);
  if (fatal) return { objects: [], notExpressed: findingsOf(plan, target, losses), needs: [] };
  const headerRoutes = headerRoutesOf(plan);
  const notExpressed = findingsOf(plan, target, [...losses, ...headerRoutes.losses]);
  if (wayOf(plan).kind === 'match' && headerRoutes.routes.length === 0) return { objects: [], notExpressed, needs: [] };
  const measurements = measurementsOf(plan);
  const rollout: ArgoRollout = {
    apiVersion,
    kind: 'Rollout',
    metadata: metadataOf(target, plan.service, plan.service),
    spec: {
      selector: { matchLabels: serviceSelector(plan.service) },
      workloadRef: {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        name: releaseName(plan.service, plan.candidate),
        scaleDown: 'never',
      },
      progressDeadlineSeconds: Math.ceil(plan.gates.readinessTimeoutMs / 1000),
      progressDeadlineAbort: true,
      ...(plan.paused ? { paused: true } : {}),
      strategy: {
        canary: {
          canaryService: canaryOf(plan),
          stableService: stableOf(plan),
          trafficRouting: {
            ...(headerRoutes.routes.length > 0
              ? { managedRoutes: headerRoutes.routes.map(({ name }) => ({ name })) }
              : {}),
            plugins: { [plugin]: routing(plan, target) },
          },
          steps: stepsOf(plan, headerRoutes.routes, measurements),
        },
      },
    },
  };
  const templates = measurements.map((each) => template(each, plan, target));
  return { objects: [rollout, ...templates], notExpressed, needs: findingsOf(plan, target, needsOf(plan, target)) };
}

const canaryOf = ({ service }: RolloutPlan) => `${service}-canary`;
const stableOf = ({ service }: RolloutPlan) => `${service}-stable`;
const templateName = ({ service }: RolloutPlan, check: string) => `${service}-${check}`;

function routing({ service }: RolloutPlan, { namespace, protocol, moreRoutes }: ExportTarget): GatewayRouting {
  const routes = [service, ...moreRoutes].map((name) => ({ name, useHeaderRoutes: true }));
  return protocol === 'grpc' ? { namespace, grpcRoutes: routes } : { namespace, httpRoutes: routes };
}

function stepsOf(
  plan: RolloutPlan,
  headerRoutes: readonly HeaderRoute[],
  measurements: readonly Measurement[],
): readonly ArgoStep[] {
  const analysed = (stage: Stage) => analysisOf(stage, plan, measurements);
  if (headerRoutes.length === 0) {
    return plan.stages.flatMap((stage) => [{ setWeight: stage.traffic.weight }, ...analysed(stage)]);
  }
  const [first, ...others] = plan.stages;
  return [
    { setCanaryScale: { weight: 100 } },
    ...headerRoutes.map(
      ({ name, headers }): ArgoStep => ({
        setHeaderRoute: {
          name,
          match: headers.map(({ name: headerName, value }) => ({ headerName, headerValue: value })),
        },
      }),
    ),
    ...(first ? analysed(first) : []),
    { setCanaryScale: { matchTrafficWeight: true } },
    ...others.flatMap((stage) => [{ setWeight: stage.traffic.weight }, ...analysed(stage)]),
  ];
}

/** Nothing, where all checks compare with a stable release that has no requests. */
function analysisOf(stage: Stage, plan: RolloutPlan, measurements: readonly Measurement[]): readonly ArgoStep[] {
  const asked = measurements.filter((measurement) => isMeasuredAt(stage, measurement));
  if (asked.length === 0) return [];
  const args = argsOf(stage, plan);
  return [
    {
      analysis: {
        templates: asked.map(({ name }) => ({ templateName: templateName(plan, name) })),
        args: argNames.map((name) => ({ name, value: String(args[name]) })),
      },
    },
  ];
}

/** What a stage says to the templates: looks in a row that pass it, looks at the most, and looks without a value that are borne. */
const argNames = ['successes', 'count', 'silent'] as const;
type ArgName = (typeof argNames)[number];
const arg = (name: ArgName) => `{{args.${name}}}`;

/** Argo Rollouts refuses a count that the other two do not fit into (utils/analysis/factory.go, ValidateMetric). */
function argsOf(
  { minDurationMs }: Pick<Stage, 'minDurationMs'>,
  { decision, noEvidence }: RolloutPlan,
): Record<ArgName, number> {
  const successes = looksIn(minDurationMs);
  const count = Math.max(successes + pace.toleratedLooks, Math.floor(decision.maxDurationMs / pace.intervalMs) + 1);
  const borne = Math.ceil(noEvidence.afterMs / pace.intervalMs);
  return { successes, count, silent: noEvidence.action === 'stop' ? Math.min(count, borne) : count };
}

/**
 * Neither condition holds without a value, and such a look is inconclusive. `consecutiveSuccessLimit` with `count` is what keeps an analysis
 * without any values from being a success (docs/features/analysis.md of Argo Rollouts 1.10).
 */
function template(measurement: Measurement, plan: RolloutPlan, target: ExportTarget): AnalysisTemplate {
  const { name, limit } = measurement;
  const of = (service: string): Receiver => ({ namespace: target.namespace, service });
  const query = measurement.query(of(canaryOf(plan)), of(stableOf(plan)), {
    series: target.series,
    protocol: target.protocol === 'grpc' ? 'grpc' : 'http',
    window: rateWindow,
  });
  const standard = argsOf({ minDurationMs: 0 }, plan);
  const seen = 'len(result) > 0 && !isNaN(result[0])';
  return {
    apiVersion,
    kind: 'AnalysisTemplate',
    metadata: metadataOf(target, templateName(plan, name), plan.service),
    spec: {
      // Without a value here, a Rollout is refused that names the template: it is tried with a word for each number first.
      args: argNames.map((each) => ({ name: each, value: String(standard[each]) })),
      metrics: [
        {
          name,
          interval: wholeSeconds(pace.intervalMs),
          count: arg('count'),
          consecutiveSuccessLimit: arg('successes'),
          failureLimit: pace.toleratedLooks,
          inconclusiveLimit: arg('silent'),
          successCondition: `${seen} && result[0] <= ${limit}`,
          failureCondition: `${seen} && result[0] > ${limit}`,
          provider: { prometheus: { address: target.prometheus, query } },
        },
      ],
    },
  };
}

/** Argo Rollouts makes ReplicaSets out of a Deployment's Pod template and turns two Services to them. */
function needsOf(plan: RolloutPlan, { protocol, moreRoutes, port }: ExportTarget): readonly Loss[] {
  const { service, candidate, stable } = plan;
  const kind = protocol === 'grpc' ? 'GRPCRoute' : 'HTTPRoute';
  const routes = [service, ...moreRoutes].join(', ');
  return [
    {
      field: `Service ${stableOf(plan)}, ${canaryOf(plan)}`,
      reason: `both with port ${port} and the selector app.kubernetes.io/name: ${service}; Argo Rollouts adds the rest`,
    },
    {
      field: `${kind} ${routes}`,
      reason: `backends are ${stableOf(plan)} and ${canaryOf(plan)} instead of Services of releases: \`parley split\` and the Rollout of the kit have to leave it alone`,
    },
    {
      field: 'spec.workloadRef.name',
      reason: `apply it with ${stable === undefined ? "the stable release's Deployment" : releaseName(service, stable)} first: the first revision is not judged; the change to ${releaseName(service, candidate)} begins the canary`,
    },
    { field: 'spec.replicas', reason: 'none are written, so that an autoscaler may; without one it is 1' },
    { field: 'ConfigMap argo-rollouts-config', reason: `trafficRouterPlugins names ${plugin}` },
  ];
}
