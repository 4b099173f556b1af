import type { Clock } from '../../kube/clock.ts';
import { contractsAnnotation } from '../../mesh/release.ts';
import type { CallTarget, ReleaseCalls } from '../calls/release-calls.ts';
import type { GateName, GateResult } from '../core/state.ts';
import type { Stage } from '../core/traffic.ts';
import type { EvidenceSource, EvidenceTarget } from '../evidence/source.ts';
import { createAskedGate } from './asked-gate.ts';
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

/** Whom each gate that takes a while is asked about; absent: nobody can be named. */
interface Asked {
  readonly smoke: CallTarget | undefined;
  readonly evidence: EvidenceTarget | undefined;
}

/** The gates of one rollout whose answers take a while. */
export interface AskedGates {
  ask(gates: readonly GateName[], about: Asked): Partial<Record<GateName, GateResult>>;
  /** Those that are not named are not asked any more. */
  forget(gates: readonly GateName[]): void;
}

/** @param onAnswer called when an answer is there. */
export function askedGates(
  { calls, evidence, clock }: { calls: ReleaseCalls | undefined; evidence: EvidenceSource; clock: Clock },
  onAnswer: () => void,
): AskedGates {
  const smoke = createAskedGate<CallTarget>({
    gate: 'smoke',
    begins: 'the calls are being made',
    find: async (target, signal) => calls?.smoke(target, signal) ?? noEdge,
    clock,
    onAnswer,
  });
  const preflight = createAskedGate<EvidenceTarget>({
    gate: 'evidence',
    begins: 'the source of evidence is being asked',
    find: (target) => evidenceGate(evidence, target),
    clock,
    onAnswer,
  });
  return {
    ask: (gates, about) => ({
      ...(gates.includes('smoke') ? answer('smoke', smoke.ask(about.smoke)) : {}),
      ...(gates.includes('evidence') ? answer('evidence', preflight.ask(about.evidence)) : {}),
    }),
    forget(gates) {
      if (!gates.includes('smoke')) smoke.ask(undefined);
      if (!gates.includes('evidence')) preflight.ask(undefined);
    },
  };
}

const noEdge: GateResult = {
  gate: 'smoke',
  result: 'shut',
  reason: 'this controller was not told where the edge is: --edge URL',
};

function answer(gate: GateName, result: GateResult | undefined): Partial<Record<GateName, GateResult>> {
  return result ? { [gate]: result } : {};
}

/** Whether the source of evidence has what will be asked of it, now that the smoke calls have been made; series may take a moment to come. */
async function evidenceGate(source: EvidenceSource, target: EvidenceTarget): Promise<GateResult> {
  const [missing, ...others] = await source.preflight(target);
  if (!missing) return { gate: 'evidence', result: 'open', reason: `${source.name} saw the calls` };
  const more = others.length > 0 ? ` (and ${others.length} more)` : '';
  return { gate: 'evidence', result: 'pending', reason: `${source.name}: ${missing.what}${more}; ${missing.hint}` };
}

/** Shuts the way for a candidate whose stages the routes cannot carry out; the engine sees by itself whether Pods are ready. */
export function routesGate(routes: readonly Route[], stages: readonly Stage[]): GateResult | undefined {
  for (const { traffic } of stages) {
    const reason = trafficProblem(routes, traffic);
    if (reason !== undefined) return { gate: 'readiness', result: 'shut', reason };
  }
  return undefined;
}
