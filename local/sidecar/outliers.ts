import type { Outliers } from './clusters.ts';
import { parseDurationMs } from './duration.ts';
import { type MeshService, serviceHost } from './services.ts';
import { meshRoutesOf, type World } from './world.ts';

const accrual = 'balancer.linkerd.io/failure-accrual';

/** Linkerd counts failures per endpoint and may take out every one of them (https://linkerd.io/2/reference/circuit-breaking/). */
function byAnnotation({ annotations }: MeshService): Outliers | undefined {
  if (annotations[accrual] !== 'consecutive') return undefined;
  const part = (name: string) => annotations[`${accrual}-consecutive-${name}`];
  return {
    consecutive5xx: Number(part('max-failures') ?? 7),
    baseEjectionMs: parseDurationMs(part('min-penalty') ?? '1s'),
    maxEjectionMs: parseDurationMs(part('max-penalty') ?? '1m'),
    maxEjectionPercent: 100,
  };
}

/** Istio's defaults: https://istio.io/latest/docs/reference/config/networking/destination-rule/#OutlierDetection */
function byDestinationRule(world: World, service: MeshService): Outliers | undefined {
  const names = [
    serviceHost(service),
    `${service.name}.${service.namespace}.svc`,
    `${service.name}.${service.namespace}`,
  ];
  const rule = world.destinationRules.find(
    ({ metadata, spec }) =>
      names.includes(spec.host) || (spec.host === service.name && metadata.namespace === service.namespace),
  );
  const found = rule?.spec.trafficPolicy?.outlierDetection;
  if (!found) return undefined;
  return {
    consecutive5xx: found.consecutive5xxErrors ?? 5,
    consecutiveGateway: found.consecutiveGatewayErrors,
    intervalMs: parseDurationMs(found.interval ?? '10s'),
    baseEjectionMs: parseDurationMs(found.baseEjectionTime ?? '30s'),
    maxEjectionPercent: found.maxEjectionPercent ?? 10,
  };
}

/**
 * When endpoints of `service` are taken out for a while: by a DestinationRule for it, by its own Linkerd annotations, or by
 * those of a Service whose route sends to it, because Linkerd keeps them with the Service that callers name.
 */
export function outliersOf(world: World, service: MeshService): Outliers | undefined {
  const own = byDestinationRule(world, service) ?? byAnnotation(service);
  if (own) return own;
  for (const parent of world.services.values()) {
    const found = parent.namespace === service.namespace ? byAnnotation(parent) : undefined;
    if (!found) continue;
    const sends = parent.ports.some(({ port }) =>
      meshRoutesOf([...world.requestRoutes, ...world.tcpRoutes], parent, port, service.namespace).some((route) =>
        (route.spec.rules ?? []).some((rule) => (rule.backendRefs ?? []).some(({ name }) => name === service.name)),
      ),
    );
    if (sends) return found;
  }
  return undefined;
}
