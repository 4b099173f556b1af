import type { Command, Invocation } from '../../command.ts';
import { parseDuration } from '../../duration.ts';
import { usageFailure } from '../../failure.ts';
import { colorsFor } from '../../output/color.ts';
import { writeDocument } from '../../output/document.ts';
import { createProgress } from '../../output/progress.ts';

export const demo: Command = {
  name: 'demo',
  summary: 'a good release and a bad one, one after the other under load; starts an exchange if none runs',
  options: [
    { flags: '--rps <rate>', description: 'requests a second', default: '200' },
    { flags: '--timeout <duration>', description: 'how long each wait may take', default: '60s' },
  ],
  outputs: ['text', 'json'],
  examples: [
    { line: 'parley rollout demo', what: 'exits 0 when the good one was promoted and the bad one rolled back' },
  ],
  async run(context, invocation) {
    const { output, text } = invocation;
    const timeoutMs = parseDuration(text('timeout') ?? '60s', '--timeout');
    const rps = rateOf(text('rps'));
    const progress = createProgress(context.stderr, context.env, context.clock);
    const { withExchange } = await import('../../rollout/with-exchange.ts');
    const { demonstrate } = await import('../../rollout/demo.ts');
    const { own, result: rows } = await withExchange(context, progress, nothingAsked(invocation), () =>
      demonstrate(context, progress, { rps, timeoutMs }),
    );
    if (output !== 'text') await writeDocument(context.stdout, output, 'RolloutDemo', { rps, rows });
    else {
      const { demoScreen } = await import('../../output/demo-screen.ts');
      context.stdout.write(`\n${demoScreen(rows, colorsFor(context.stdout, context.env))}${next(own)}`);
    }
    return rows.map(({ outcome }) => outcome).join() === 'Promoted,RolledBack' ? 'ok' : 'failed';
  },
};

function next(own: boolean): string {
  const first = own ? '\nNext: parley up, then' : '\nNext:';
  return `${first} parley rollout explain accounts   (why; --attempt N of parley rollout history accounts)
      parley rollout start accounts 2.0.0, parley load --kinds rest, parley rollout watch accounts
`;
}

function rateOf(text: string | undefined): number {
  const rate = Number(text);
  if (Number.isFinite(rate) && rate > 0) return rate;
  throw usageFailure(`--rps ${text}: not a number above 0.`, 'Write for example --rps 200');
}

/** The exchange that is started is the one that `parley up` alone would start. */
function nothingAsked({ output }: Invocation): Invocation {
  return { args: [], text: () => undefined, flag: () => false, output };
}
