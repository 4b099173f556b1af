import type { ClusterLedger } from '../../install/ledger.ts';
import type { Step } from '../../install/step.ts';
import type { CommandContext } from '../command.ts';
import type { Progress } from '../output/progress.ts';
import type { TargetRecord, WantedTarget } from './record.ts';
import type { Settings } from './settings.ts';

export const targetNames = ['embedded', 'kind', 'context'] as const;
export type TargetName = (typeof targetNames)[number];

export interface TargetRequest {
  readonly context: CommandContext;
  readonly progress: Progress;
  readonly settings: Settings;
  /** What `up` made in the target; on disk. */
  readonly ledger: ClusterLedger;
  /** Of a cluster that others made: the copy of the access to it; absent: in the state folder. */
  readonly kubeconfig?: string;
}

/** Images of releases for targets that run containers. */
export interface TargetImages {
  /** Names of the charts to names in the cluster; nothing is built. */
  names(context: CommandContext, settings: Settings): Promise<Readonly<Record<string, string>>>;
  /** Builds what is not there; names of the charts to names in the cluster, and how it went in a few words. */
  build(
    request: TargetRequest,
    say: (detail: string) => void,
  ): Promise<{ readonly names: Readonly<Record<string, string>>; readonly built: number }>;
  /** Brings images to where the nodes find them; how many it had to bring; undefined: the nodes pull them. */
  deliver(request: TargetRequest, names: readonly string[], say: (detail: string) => void): Promise<number | undefined>;
}

/** A place to run the exchange in. After its steps the state folder holds a kubeconfig that works. */
export interface Target {
  readonly name: TargetName;
  /** What the record says of it before anything is made. */
  describe(context: CommandContext, settings: Settings): WantedTarget;
  /** What the machine lacks for it, before anything is started; throws a failure that says what to type. Returns notes. */
  check(request: TargetRequest): Promise<readonly string[]>;
  /**
   * Of a cluster that others made: copies the access to it into the file `kubeconfig`, and returns the settings as they go with
   * what is there. `up` shows what it would change and asks first.
   */
  access?(context: CommandContext, settings: Settings, kubeconfig: string): Promise<Settings>;
  /** What has to be there before the objects of the exchange, in order. */
  steps(request: TargetRequest): Promise<readonly Step[]>;
  /** Absent: releases run as they are bundled. */
  readonly images?: TargetImages;
  /** Removes what `up` made there and no more, also when half of it is dead. False: there was nothing. */
  stop(context: CommandContext, record: TargetRecord | undefined): Promise<boolean>;
}
