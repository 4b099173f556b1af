import type { ContainerState, ContainerStateTerminated, ContainerStatus } from 'kubernetes-types/core/v1.js';
import { timestamp } from '../clock.ts';
import type { ContainerEnd } from './restart.ts';

/** `init` runs once before the others, `sidecar` is an init container with restartPolicy Always. */
export type ContainerKind = 'init' | 'sidecar' | 'app';

export type ContainerPhase =
  | { readonly kind: 'waiting'; readonly reason: string; readonly message?: string }
  | { readonly kind: 'running'; readonly startedMs: number; readonly pid?: number }
  | TerminatedPhase;

export interface TerminatedPhase {
  readonly kind: 'terminated';
  readonly end: ContainerEnd;
  readonly startedMs: number;
  readonly finishedMs: number;
  readonly message?: string;
}

/** Everything that the status says about one container. */
export interface ContainerView {
  readonly name: string;
  readonly kind: ContainerKind;
  readonly image: string;
  readonly imageId: string;
  readonly phase: ContainerPhase;
  readonly last?: TerminatedPhase;
  readonly restartCount: number;
  readonly started: boolean;
  readonly ready: boolean;
  /** It ended and will not run again. */
  readonly final: boolean;
}

/** The container's part of the Pod's status. Pure. */
export function containerStatus(view: ContainerView): ContainerStatus {
  const { name, image, imageId, phase, last, restartCount, started, ready } = view;
  const completed = view.kind === 'init' && phase.kind === 'terminated' && phase.end.exitCode === 0;
  return {
    name,
    image,
    imageID: imageId,
    containerID: phase.kind === 'waiting' && last === undefined ? undefined : `process://${name}/${restartCount}`,
    restartCount,
    started,
    ready: ready || completed,
    state: stateOf(phase),
    lastState: last === undefined ? {} : { terminated: terminated(last) },
  };
}

function stateOf(phase: ContainerPhase): ContainerState {
  if (phase.kind === 'waiting') return { waiting: { reason: phase.reason, message: phase.message } };
  if (phase.kind === 'running') return { running: { startedAt: timestamp(phase.startedMs) } };
  return { terminated: terminated(phase) };
}

function terminated({ end, startedMs, finishedMs, message }: TerminatedPhase): ContainerStateTerminated {
  return {
    exitCode: end.exitCode,
    reason: end.reason,
    message: message === '' ? undefined : message,
    startedAt: timestamp(startedMs),
    finishedAt: timestamp(finishedMs),
  };
}

/** What an earlier status told of a container's end, read back after a restart of the daemon. Pure. */
export function readTerminated(state: ContainerStateTerminated | undefined): TerminatedPhase | undefined {
  if (state === undefined) return undefined;
  const reasons = ['Completed', 'Error', 'ContainerStatusUnknown', 'StartError'] as const;
  const reason = reasons.find((known) => known === state.reason) ?? 'Error';
  return {
    kind: 'terminated',
    end: { exitCode: state.exitCode, reason },
    startedMs: Date.parse(state.startedAt ?? '') || 0,
    finishedMs: Date.parse(state.finishedAt ?? '') || 0,
    message: state.message,
  };
}
