import { isDeepStrictEqual } from 'node:util';
import type { RolloutEvent } from '../core/effect.ts';
import type { RolloutPlan } from '../core/plan.ts';
import type { GateName, State } from '../core/state.ts';
import { parseRollout } from '../resource/parse.ts';
import { RolloutInvalid } from '../resource/problem.ts';
import type { RolloutResource, RolloutStatus } from '../resource/rollout.ts';
import { stateOf } from '../resource/status.ts';
import type { AskedGates } from './gates.ts';
import { evidenceOf, outlineOf } from './outline.ts';
import type { Watching } from './watching.ts';

/** What the controller keeps of one rollout between two looks; all of it can be lost. */
export interface Memory {
  readonly uid: string | undefined;
  readonly watching: Watching;
  readonly gates: AskedGates;
  /** Its place within the interval of looks, 0..1. */
  readonly phase: number;
  /** Ahead of what is stored by evidence, or by what is about to be stored. */
  state: State;
  /** As it was read or written last; `outline` and `evidence` are of the state in it. */
  stored: RolloutStatus | undefined;
  outline: string | undefined;
  evidence: string | undefined;
  /** Told when the state that they belong to is stored. */
  untold: RolloutEvent[];
  asked: readonly GateName[];
  /** Why the traffic could not be written at the last look. */
  refused: string | undefined;
  plan: Planned | undefined;
  /** When it is to be looked at next. */
  dueMs: number | undefined;
}

/** What a generation of the object asks for. */
export interface Planned {
  readonly generation: number | undefined;
  /** Of the last generation that was valid. */
  readonly plan: RolloutPlan | undefined;
  readonly invalid: RolloutInvalid | undefined;
}

/** Throws StateUnknown for a status that another version of the engine wrote. */
export function remember(rollout: RolloutResource, parts: Pick<Memory, 'watching' | 'gates' | 'phase'>): Memory {
  const memory: Memory = {
    ...parts,
    uid: rollout.metadata.uid,
    state: stateOf(rollout.status),
    stored: undefined,
    outline: undefined,
    evidence: undefined,
    untold: [],
    asked: [],
    refused: undefined,
    plan: undefined,
    dueMs: undefined,
  };
  if (rollout.status) takeOver(memory, rollout.status);
  return memory;
}

/** Goes by what the object says, if somebody else wrote it. */
export function adopt(memory: Memory, { status }: RolloutResource): void {
  if (status === memory.stored) return;
  if (isDeepStrictEqual(status?.state, memory.stored?.state)) memory.stored = status;
  else if (status) takeOver(memory, status);
}

function takeOver(memory: Memory, status: RolloutStatus): void {
  const state = stateOf(status);
  const outline = outlineOf(state, status.observedGeneration, status.phase);
  Object.assign(memory, { state, stored: status, outline, evidence: evidenceOf(state), untold: [] });
}

/** What this generation asks for; where it is invalid, with the plan of the last one that was valid. */
export function planned(memory: Memory, rollout: RolloutResource): Planned {
  const { generation } = rollout.metadata;
  if (memory.plan?.generation === generation && memory.plan) return memory.plan;
  const before = memory.plan?.plan;
  try {
    memory.plan = { generation, plan: parseRollout(rollout), invalid: undefined };
  } catch (error) {
    if (!(error instanceof RolloutInvalid)) throw error;
    memory.plan = { generation, plan: before, invalid: error };
  }
  return memory.plan;
}

/** Whether an attempt is at work. */
export const isRunning = ({ phase }: State): boolean => phase !== 'Idle' && phase !== 'Ended';
