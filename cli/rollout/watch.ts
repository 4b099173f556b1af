import type { Cluster } from '../cluster.ts';
import type { CommandContext } from '../command.ts';
import { Failure, messageOf } from '../failure.ts';
import { colorsFor } from '../output/color.ts';
import { liveScreen, widthOf } from '../output/live-screen.ts';
import { rolloutLine } from '../output/rollout-line.ts';
import { rolloutScreen } from '../output/rollout-screen.ts';
import { controllerHint } from './controller-answers.ts';
import { lookAtRollout } from './look.ts';
import type { RolloutView } from './view.ts';

/** At most five times a second. */
const drawMs = 200;
const [awayMs, unseenMs] = [10_000, 5_000];

/**
 * Shows a rollout as it goes until `ends` says so of what was seen, or the signal: drawn again in its place on a terminal, elsewhere
 * one line for each change. Resolves with what was seen last. An API server that is away for a moment is waited for.
 */
export async function watchRollout(
  context: CommandContext,
  cluster: Cluster,
  service: string,
  ends: (view: RolloutView) => boolean,
): Promise<RolloutView | undefined> {
  const { clock, signal } = context;
  const show = shower(context);
  let last: RolloutView | undefined;
  let awaySince: number | undefined;
  let unseenSince: number | undefined;
  while (!signal.aborted) {
    try {
      const view = await lookAtRollout(cluster, service);
      awaySince = undefined;
      unseenSince = view.unseen === undefined ? undefined : (unseenSince ?? clock.now());
      const lasting = unseenSince !== undefined && clock.now() - unseenSince > unseenMs;
      // What a controller is about to change is the attempt before.
      if (view.unseen === undefined || lasting) {
        last = withHint(view, context);
        show(last);
      }
      if (view.unseen === undefined && ends(view)) break;
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'Unreachable') throw error;
      awaySince ??= clock.now();
      if (clock.now() - awaySince > awayMs) throw error;
      if (last) show({ ...last, unseen: messageOf(error) });
    }
    await clock.sleep(drawMs, signal);
  }
  return last;
}

function withHint(view: RolloutView, context: CommandContext): RolloutView {
  return view.unseen === undefined ? view : { ...view, unseen: `${view.unseen}. ${controllerHint(context)}` };
}

function shower({ stdout, env, epochMs }: CommandContext): (view: RolloutView) => void {
  const colors = colorsFor(stdout, env);
  const live = liveScreen(stdout, env);
  if (live) return (view) => live.draw(rolloutScreen(view, { colors, width: widthOf(stdout), nowMs: epochMs() }));
  let before = '';
  return (view) => {
    const line = rolloutLine(view);
    if (line !== before) stdout.write(`${new Date(epochMs()).toISOString()} ${line}\n`);
    before = line;
  };
}
