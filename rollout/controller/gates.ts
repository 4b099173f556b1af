import { contractsAnnotation } from '../../mesh/release.ts';
import type { GateResult } from '../core/state.ts';
import type { Stage } from '../core/traffic.ts';
import type { Deployment, Route } from './objects.ts';
import { trafficProblem } from './routes.ts';

/** A release and its Deployment, if there is one. */
export interface Deployed {
  /** `accounts 2.0.0`. */
  readonly title: string;
  readonly deployment: Deployment | undefined;
}

/** Whether the candidate serves every contract version that the stable release serves. */
export function contractGate(stable: Deployed, candidate: Deployed): GateResult {
  const gate = 'contract';
  for (const { title, deployment } of [stable, candidate])
    if (!deployment) return { gate, result: 'pending', reason: `${title} is not deployed` };
  const [before, after] = [stable, candidate].map(contractsOf);
  const unsaid = !before ? stable.title : after ? undefined : candidate.title;
  if (unsaid !== undefined || !before || !after) {
    const reason = `${unsaid} does not say which contracts it serves (annotation ${contractsAnnotation} of its Deployment); to go without: spec.gates.contract: false`;
    return { gate, result: 'shut', reason };
  }
  const lost = before.filter((version) => !after.includes(version));
  if (lost.length === 0) return { gate, result: 'open', reason: `${candidate.title} serves ${after.join(', ')}` };
  return {
    gate,
    result: 'shut',
    reason: `${candidate.title} no longer serves ${lost.join(', ')}, as ${stable.title} does`,
  };
}

function contractsOf({ deployment }: Deployed): string[] | undefined {
  const text = deployment?.metadata.annotations?.[contractsAnnotation];
  const versions = text?.split(',').flatMap((part) => part.trim() || []);
  return versions?.length ? versions : undefined;
}

/** Shuts the way for a candidate whose stages the routes cannot carry out; the engine sees by itself whether Pods are ready. */
export function routesGate(routes: readonly Route[], stages: readonly Stage[]): GateResult | undefined {
  for (const { traffic } of stages) {
    const reason = trafficProblem(routes, traffic);
    if (reason !== undefined) return { gate: 'readiness', result: 'shut', reason };
  }
  return undefined;
}
