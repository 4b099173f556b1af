import { loadKinds, parseKinds } from '../../verify/load/kinds.ts';
import type { Command } from '../command.ts';
import { formatDuration, parseDuration } from '../duration.ts';
import { usageFailure } from '../failure.ts';
import { colorsFor } from '../output/color.ts';
import { writeDocument } from '../output/document.ts';
import { createProgress } from '../output/progress.ts';

/** What a cluster on two CPUs, its control plane and observability with it, serves beside a Pod that starts. */
const defaultRps = '35';

export const load: Command = {
  name: 'load',
  summary: 'send numbered requests at a fixed rate and count every one; exits 1 when any failed',
  options: [
    { flags: '--rps <rate>', description: 'requests a second, shared evenly by the kinds', default: defaultRps },
    { flags: '--duration <duration>', description: 'how long requests are started', default: '30s' },
    { flags: '--kinds <kinds>', description: 'which ways of talking', default: loadKinds.join(',') },
    { flags: '--connections <count>', description: 'connections for each kind', default: '4' },
    { flags: '--tls', description: 'through the https address of the edge' },
  ],
  outputs: ['text', 'json', 'yaml'],
  examples: [
    { line: 'parley load --duration 30s', what: 'every conversation; Ctrl-C ends it early and still reports' },
    { line: 'parley load --kinds rest,graphql --rps 200 -o json', what: 'two of them, faster' },
  ],
  async run(context, { output, text, flag }) {
    const kinds = kindsOf(text('kinds') ?? '');
    const rps = positive(text('rps'), '--rps');
    const connections = positive(text('connections'), '--connections');
    const durationMs = parseDuration(text('duration') ?? '30s', '--duration');
    const { openConversation } = await import('../edge.ts');
    const { runLoad } = await import('../../verify/load/load.ts');
    const { edge, token } = await openConversation(context);
    const url = flag('tls') ? edge.https : edge.http;
    const progress = createProgress(context.stderr, context.env, context.clock);
    const report = await progress.step(`load on ${url}`, (say) =>
      runLoad({
        target: { url, token, authorityPem: edge.authorityPem },
        kinds: kinds.map((kind) => ({ kind, rps: rps / kinds.length, connections })),
        durationMs,
        until: context.signal,
        clock: context.clock,
        onProgress: (sent, failed) => say(`${sent} sent, ${failed} failed`),
      }),
    );
    if (output !== 'text') await writeDocument(context.stdout, output, 'Load', { ...report });
    else {
      const { loadScreen } = await import('../output/load-screen.ts');
      context.stdout.write(loadScreen(report, colorsFor(context.stdout, context.env)));
    }
    if (report.durationMs > durationMs * lateBy && !context.signal.aborted) {
      const [asked, took] = [durationMs, report.durationMs].map(formatDuration);
      const less = Math.max(1, Math.floor((rps * durationMs) / report.durationMs / 2));
      context.stderr.write(
        `  asked for ${asked}, took ${took}: requests waited; with less load: parley load --rps ${less}\n`,
      );
    }
    return report.failed + report.wrong > 0 ? 'failed' : 'ok';
  },
};

/** A load that ends later than this share of what was asked met an exchange, or a machine, that does not keep up. */
const lateBy = 1.1;

function kindsOf(text: string) {
  try {
    return parseKinds(text);
  } catch (error) {
    throw usageFailure(`--kinds ${text}: ${(error as Error).message}`, `Known: ${loadKinds.join(', ')}.`);
  }
}

function positive(text: string | undefined, option: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw usageFailure(`${option} ${text}: not a number above 0.`, `Write for example ${option} 50`);
}
