import { runningDaemon } from '../../local/daemon/record.ts';
import type { RolloutResource } from '../../rollout/resource/rollout.ts';
import type { CommandContext } from '../command.ts';
import { formatDuration } from '../duration.ts';
import { Failure } from '../failure.ts';
import { stateFolder } from '../state-folder.ts';
import { notTakenUp } from './phase.ts';

/** A controller that works takes up a change within milliseconds; one whose Lease is being taken over needs seconds. */
const patienceMs = 20_000;

/**
 * Tells a controller that is about to answer from one that is not there. `look` is given each reading of the object; it says what is
 * missing, and throws with what to do when that was so for too long.
 */
export function controllerWatch(
  context: CommandContext,
  timeoutMs = patienceMs,
): { look(rollout: RolloutResource): string | undefined } {
  let sinceMs: number | undefined;
  return {
    look(rollout) {
      const missing = notTakenUp(rollout);
      const nowMs = context.clock.now();
      sinceMs = missing === undefined ? undefined : (sinceMs ?? nowMs);
      if (missing === undefined || sinceMs === undefined || nowMs - sinceMs < timeoutMs) return missing;
      const { name } = rollout.metadata;
      throw new Failure('NoController', `rollout '${name}': ${missing} after ${formatDuration(timeoutMs)}`, {
        hint: controllerHint(context),
      });
    },
  };
}

/** Where the controller is, and how to see what it does. */
export function controllerHint(context: CommandContext): string {
  const { path, daemonLog } = stateFolder(context);
  return runningDaemon(path)
    ? `Type: tail ${daemonLog}   (if it was left out: parley down, then parley up --rollouts on)`
    : 'Type: kubectl -n parley get deployment rollouts   (if it is not there: parley up --rollouts on)';
}
