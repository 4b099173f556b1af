import { openCaller } from '../../verify/load/callers.ts';
import { runLoad } from '../../verify/load/load.ts';
import type { LoadReport } from '../../verify/load/report.ts';
import { recordCalls, type TimedCall } from '../../verify/load/timeline.ts';
import type { CommandContext } from '../command.ts';
import { openConversation } from '../edge.ts';

export interface Loaded<T> {
  readonly result: T;
  readonly report: LoadReport;
  readonly calls: readonly TimedCall[];
}

/** So long the load goes on when the work is done: what comes late would be seen. */
const afterMs = 500;

/** REST calls through the edge at a fixed rate, none of them tried again, while `work` runs; it begins when requests flow. */
export async function underLoad<T>(
  context: CommandContext,
  rps: number,
  say: (detail: string) => void,
  work: () => Promise<T>,
): Promise<Loaded<T>> {
  const { clock } = context;
  const { edge, token } = await openConversation(context);
  const { open, calls } = recordCalls(openCaller, clock);
  const ended = new AbortController();
  const flowing = Promise.withResolvers<void>();
  const load = runLoad(
    {
      target: { url: edge.http, token },
      kinds: [{ kind: 'rest', rps, connections: 8 }],
      until: AbortSignal.any([ended.signal, context.signal]),
      clock,
      onProgress: (sent, failed) => {
        if (sent > 0) flowing.resolve();
        say(`${sent} sent, ${failed} failed`);
      },
    },
    open,
  );
  const worked = Promise.race([flowing.promise, load])
    .then(work)
    .then(async (result) => {
      await clock.sleep(afterMs, context.signal);
      return result;
    })
    .finally(() => ended.abort());
  const [report, result] = await Promise.all([load, worked]).catch(async (error: unknown) => {
    ended.abort();
    await Promise.allSettled([load, worked]);
    throw error;
  });
  return { result, report, calls };
}
