import type { CommandContext } from './command.ts';
import { formatDuration } from './duration.ts';
import { Failure, interrupted } from './failure.ts';

/** `undefined`: reached. Otherwise what is missing, for the progress line and for the message of a time-out. */
export type Missing = string | undefined;

export interface Deadline {
  readonly timeoutMs: number;
  readonly hint: string;
  readonly pollMs?: number;
}

/** Looks until nothing is missing. Fails with exit 4 after the deadline and names what was missing last. */
export async function waitUntil(
  context: Pick<CommandContext, 'clock' | 'signal'>,
  what: string,
  { timeoutMs, hint, pollMs = 60 }: Deadline,
  look: () => Promise<Missing>,
  say: (missing: string) => void = () => {},
): Promise<void> {
  const { clock, signal } = context;
  const startedAt = clock.now();
  for (;;) {
    if (signal.aborted) throw interrupted();
    const missing = await look();
    if (missing === undefined) return;
    say(missing);
    if (clock.now() - startedAt > timeoutMs) {
      throw new Failure('Timeout', `${what}: not after ${formatDuration(timeoutMs)}; last seen: ${missing}`, {
        exit: 'timeout',
        hint,
      });
    }
    await clock.sleep(pollMs, signal);
  }
}
