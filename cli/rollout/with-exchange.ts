import type { CommandContext, Invocation } from '../command.ts';
import type { Progress } from '../output/progress.ts';
import { stateFolder } from '../state-folder.ts';
import { chooseTarget, openTarget } from '../target/choose.ts';
import { readRecord } from '../target/record.ts';
import { readSettings } from '../target/settings.ts';
import { whatRuns } from '../target/what-runs.ts';
import { bringUp } from '../up/up.ts';
import { withUpLock } from '../up/up-lock.ts';

const waitMs = 300_000;

/** Runs `work` on the exchange that runs, or on one that is started for it, in the embedded cluster unless this folder has another, and ended again. */
export async function withExchange<T>(
  context: CommandContext,
  progress: Progress,
  asked: Invocation,
  work: () => Promise<T>,
): Promise<{ readonly own: boolean; readonly result: T }> {
  if ((await whatRuns(context)).running) return { own: false, result: await work() };
  const state = stateFolder(context);
  const wanted = readRecord(state) || context.env.TARGET ? undefined : 'embedded';
  const choice = await chooseTarget(context, wanted);
  const target = await openTarget(choice.name);
  const settings = readSettings(context.env, asked, choice);
  await withUpLock(context, 'parley up', waitMs, () => bringUp(target, { context, progress, settings }));
  try {
    return { own: true, result: await work() };
  } finally {
    const unhurried = { ...context, signal: new AbortController().signal };
    await withUpLock(unhurried, 'parley down', waitMs, () =>
      progress.step('ending the exchange', () => target.stop(unhurried, readRecord(state))),
    );
  }
}
