import type { MeshName } from '../../mesh/intent.ts';
import type { CommandContext } from '../command.ts';
import type { Progress } from '../output/progress.ts';

export const targetNames = ['embedded', 'kind', 'context'] as const;
export type TargetName = (typeof targetNames)[number];

export interface TargetRequest {
  readonly context: CommandContext;
  readonly progress: Progress;
  readonly mesh: MeshName;
  readonly timeoutMs: number;
}

/** A place to run the exchange in. When `start` resolves, the state folder holds a kubeconfig that works. */
export interface Target {
  readonly name: TargetName;
  /** What the machine lacks for it, before anything is started; throws a failure that says what to type. */
  check(request: TargetRequest): Promise<void>;
  /** Starts it, or finds it running. `started`: this call started it, so that an interrupted `up` can end it again. */
  start(request: TargetRequest): Promise<{ readonly started: boolean; readonly where: string }>;
  /** Ends it and all that runs in it, also when half of it is dead. False: there was nothing to end. */
  stop(context: CommandContext): Promise<boolean>;
}
