import { releaseLock, takeLock } from '../../local/daemon/lock.ts';
import type { CommandContext } from '../command.ts';
import { stateFolder } from '../state-folder.ts';
import { waitUntil } from '../wait.ts';

/** Runs `work` while no other `up`, `down`, `release` or `split` is at work on this state folder; waits for the one that is, and says so. */
export async function withUpLock<T>(
  context: CommandContext,
  what: string,
  timeoutMs: number,
  work: () => Promise<T>,
): Promise<T> {
  const file = stateFolder(context).upLock;
  let told = false;
  await waitUntil(
    context,
    'the other command is still in progress',
    { timeoutMs, hint: 'End it, or give it more time: --timeout 5m' },
    async () => {
      const holder = takeLock(file, what);
      if (!holder) return undefined;
      const who = `another \`${holder.what}\` is at work here already (process ${holder.pid})`;
      if (!told) context.stderr.write(`  ${who}; waiting for it\n`);
      told = true;
      return who;
    },
  );
  try {
    return await work();
  } finally {
    releaseLock(file);
  }
}
