import type { Clock } from '../../kube/clock.ts';
import type { ReleaseCalls } from '../calls/release-calls.ts';
import type { Effect } from '../core/effect.ts';
import type { RolloutPlan } from '../core/plan.ts';
import type { GateName, GateResult } from '../core/state.ts';
import { step } from '../core/step.ts';
import type { EvidenceSource } from '../evidence/source.ts';
import { phaseOf } from '../resource/phase.ts';
import type { RolloutResource } from '../resource/rollout.ts';
import { invalidStatus, statusOf } from '../resource/status.ts';
import { callsWanted, callTarget, evidenceTarget } from './counting.ts';
import type { RolloutEvents } from './events.ts';
import { askedGates, contractGate } from './gates.ts';
import { adopt, isRunning, type Memory, planned, remember } from './memory.ts';
import type { RolloutMetrics } from './metrics.ts';
import { type Known, observe, routesOf, scaled } from './observe.ts';
import { evidenceOf, outlineOf } from './outline.ts';
import type { Pace } from './pace.ts';
import { partsOf } from './route-rules.ts';
import { type RouteWish, routePatch } from './routes.ts';
import { createWatching } from './watching.ts';
import type { World } from './world.ts';
import { finalizer, WriteRefused, type Writes } from './writes.ts';

/** What a look at a rollout stands on. */
export interface TurnContext {
  readonly world: World;
  readonly writes: Writes;
  readonly clock: Clock;
  readonly evidence: EvidenceSource;
  /** Undefined: nobody said where the edge is. */
  readonly calls: ReleaseCalls | undefined;
  readonly events: RolloutEvents;
  readonly metrics: RolloutMetrics;
  readonly pace: Pace;
  /** Asks for a look at this rollout. */
  readonly wake: (key: string) => void;
}

/** Nothing is remembered of a rollout at first. */
export function firstMemory(key: string, rollout: RolloutResource, context: TurnContext, phase: number): Memory {
  const watching = createWatching(context.evidence, context.calls);
  const gates = askedGates(context, () => context.wake(key));
  return remember(rollout, { watching, gates, phase });
}

/**
 * One look at one rollout: observes, steps, stores the state, then carries out what follows from it. What is not stored has no effect.
 * Resolves to whether there is more to do.
 */
export async function turn(key: string, memory: Memory, seen: RolloutResource, context: TurnContext): Promise<boolean> {
  const { world, clock, writes } = context;
  const { namespace, deletionTimestamp } = seen.metadata;
  adopt(memory, seen);
  const { plan: asked, invalid } = planned(memory, seen);
  if (invalid && !deletionTimestamp) await storeInvalid(memory, seen, context);
  if (!asked && !deletionTimestamp) return false;
  const plan = deletionTimestamp ? undefined : asked;
  const now = {
    nowMs: clock.now(),
    service: seen.spec.service,
    state: memory.state,
    plan,
    routes: world.routesOf(namespace, seen.spec.service),
    deployments: world.deploymentsOf(namespace, seen.spec.service),
    refused: memory.refused,
  };
  const known: Known = { ...now, gates: gatesOf(memory, seen, now, context), reading: await memory.watching.read() };
  const stepped = step(memory.state, observe(known));
  memory.state = stepped.state;
  memory.untold.push(...stepped.events);
  let rollout: RolloutResource | undefined = seen;
  if (isRunning(stepped.state)) rollout = await holding(rollout, writes);
  if (rollout && !(invalid && !deletionTimestamp)) rollout = await store(key, memory, rollout, plan, context);
  if (!rollout) return false;
  await carryOut(memory, rollout, { ...known, state: stepped.state }, stepped.effects, context);
  if (isRunning(stepped.state)) return true;
  memory.watching.close();
  if (rollout.metadata.finalizers?.includes(finalizer)) await writes.finalizer(rollout, false);
  return false;
}

/** With the finalizer, unless it is to go already. */
async function holding(rollout: RolloutResource, writes: Writes): Promise<RolloutResource | undefined> {
  const { finalizers = [], deletionTimestamp } = rollout.metadata;
  return finalizers.includes(finalizer) || deletionTimestamp ? rollout : writes.finalizer(rollout, true);
}

/** Stores every transition at once, and evidence when it is due. */
async function store(
  key: string,
  memory: Memory,
  rollout: RolloutResource,
  plan: RolloutPlan | undefined,
  context: TurnContext,
): Promise<RolloutResource | undefined> {
  const { clock, writes, pace, events, metrics } = context;
  const { state } = memory;
  const nowMs = clock.now();
  const { generation = 0, namespace } = rollout.metadata;
  const outline = outlineOf(state, generation, phaseOf(state, plan, nowMs));
  const isSame = outline === memory.outline;
  if (isSame && !pace.isDue(key, nowMs)) return rollout;
  const evidence = evidenceOf(state);
  if (isSame && evidence === memory.evidence) return rollout;
  pace.take(key, nowMs);
  const written = await writes.status(rollout, statusOf(state, plan, rollout.status, { generation, nowMs }));
  if (!written) return undefined;
  Object.assign(memory, { stored: written.status, outline, evidence });
  if (written.status) metrics.show(namespace, rollout.spec.service, written.status);
  events.record(written, memory.untold.splice(0));
  return written;
}

async function storeInvalid(memory: Memory, rollout: RolloutResource, { clock, writes }: TurnContext): Promise<void> {
  const { generation = 0 } = rollout.metadata;
  const { invalid } = memory.plan ?? {};
  if (!invalid || memory.stored?.observedGeneration === generation) return;
  const status = invalidStatus(memory.state, invalid, rollout.status, { generation, nowMs: clock.now() });
  const written = await writes.status(rollout, status);
  memory.stored = written?.status;
}

/** Answers to what the last step asked. */
function gatesOf(
  memory: Memory,
  rollout: RolloutResource,
  known: Omit<Known, 'gates' | 'reading'>,
  { world }: TurnContext,
): Partial<Record<GateName, GateResult>> {
  const { state, service, deployments } = known;
  if (state.phase !== 'Gating' || !memory.asked.length) return {};
  const deployed = (release: string) => ({ title: `${service} ${release}`, deployment: deployments.get(release) });
  const contract = contractGate(deployed(state.stable), deployed(state.candidate));
  const asked = memory.gates.ask(memory.asked, {
    smoke: callTarget(rollout, state, world),
    evidence: evidenceTarget(rollout, known),
  });
  return { ...(memory.asked.includes('contract') ? { contract } : {}), ...asked };
}

async function carryOut(
  memory: Memory,
  rollout: RolloutResource,
  known: Known,
  effects: readonly Effect[],
  context: TurnContext,
): Promise<void> {
  const asked = effects.flatMap((effect) => (effect.do === 'ask' ? [effect.gate] : []));
  if (asked.join() !== memory.asked.join()) {
    memory.asked = asked;
    memory.gates.forget(asked);
    const key = `${rollout.metadata.namespace}/${rollout.metadata.name}`;
    if (asked.length > 0) context.wake(key);
  }
  const isWatched = effects.some((effect) => effect.do === 'watch');
  const isDriven = effects.some((effect) => effect.do === 'drive');
  const calls = callsWanted(known.plan, isWatched, isDriven)
    ? callTarget(rollout, known.state, context.world)
    : undefined;
  memory.watching.follow(isWatched ? evidenceTarget(rollout, known) : undefined, calls);
  try {
    await writeTraffic(rollout, known, effects, context);
    memory.refused = undefined;
  } catch (error) {
    if (error instanceof WriteRefused) memory.refused = error.message;
    throw error;
  }
}

/** Weights, matches and mirrors as asked for, and calls of the kit's own for as long as an attempt runs that can make some. */
async function writeTraffic(
  rollout: RolloutResource,
  known: Known,
  effects: readonly Effect[],
  { writes, calls }: TurnContext,
): Promise<void> {
  const { state, service, deployments } = known;
  if (!('stable' in state)) return;
  const { namespace, uid } = rollout.metadata;
  const route = effects.find((effect) => effect.do === 'route');
  const isCalled = isRunning(state) && state.phase !== 'Reverting' && rollout.spec.calls && calls && uid;
  const wish: RouteWish = {
    ...(route ? { traffic: { service, ...route } } : {}),
    ...(isCalled && deployments.has(state.candidate)
      ? { calls: { service, uid, releases: [state.stable, state.candidate] } }
      : {}),
  };
  const isQuiet = !wish.traffic && !wish.calls;
  const patches = routesOf(known).map(async (each) => {
    if (isQuiet && partsOf(each).calls.length === 0) return;
    const patch = routePatch(each, wish);
    if (patch) await writes.route(each, patch);
  });
  const scalings = route ? scaled(deployments, route.stable, route.candidate, route.traffic) : [];
  await Promise.all([...patches, ...scalings.map((scaling) => writes.scale(namespace, scaling))]);
}
