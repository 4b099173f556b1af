import type { KindLoad } from '../verify/load/caller.ts';
import { openCaller } from '../verify/load/callers.ts';
import { systemClock } from '../verify/load/clock.ts';
import { type LoadKind, loadKinds } from '../verify/load/kinds.ts';
import { runLoad } from '../verify/load/load.ts';
import { failureOf, type Outcome } from '../verify/load/outcome.ts';
import { type KindReport, type LoadReport, Tally } from '../verify/load/report.ts';
import type { Exchange } from './exchange.ts';

/** Where load goes, and who says that it may. */
type Loaded = Pick<Exchange, 'http' | 'token'>;

/** Each conversation at a rate that two cores serve beside everything that a test does to the exchange; 74 rps in sum, streams of several messages each. */
export const modestLoad: readonly KindLoad[] = [
  { kind: 'rest', rps: 40, connections: 4 },
  { kind: 'rest-post', rps: 8, connections: 2 },
  { kind: 'grpc-unary', rps: 12, connections: 2 },
  { kind: 'grpc-server-stream', rps: 2, connections: 2 },
  { kind: 'grpc-client-stream', rps: 2, connections: 2 },
  { kind: 'grpc-bidi', rps: 2, connections: 2 },
  { kind: 'graphql', rps: 8, connections: 4 },
];

/** The same conversations over the same connections, at a share of the rates and at least once a second each. */
export function sharedLoad(share: number, kinds: readonly KindLoad[] = modestLoad): readonly KindLoad[] {
  return kinds.map((load) => ({ ...load, rps: Math.max(1, Math.round(load.rps * share)) }));
}

/** Load on the edge, retries off; `work` begins when requests flow, and the load ends when `work` does. */
export async function loadWhile(
  exchange: Loaded,
  work: () => Promise<void>,
  kinds: readonly KindLoad[] = modestLoad,
): Promise<LoadReport> {
  const ended = new AbortController();
  const token = await exchange.token();
  const flowing = Promise.withResolvers<void>();
  const load = runLoad({
    target: { url: exchange.http, token: async () => token },
    kinds,
    onProgress: (sent) => {
      if (sent > 0) flowing.resolve();
    },
    until: ended.signal,
    clock: systemClock,
  });
  const worked = Promise.race([flowing.promise, load])
    .then(work)
    .finally(() => ended.abort());
  const [report] = await Promise.all([load, worked]).catch(async (error: unknown) => {
    ended.abort();
    await Promise.allSettled([load, worked]);
    throw error;
  });
  return report;
}

/** `count` requests of one kind over `connections` connections. */
export async function loadOf(
  exchange: Loaded,
  kind: LoadKind,
  count: number,
  connections = 2,
  rps = 200,
): Promise<KindReport> {
  const token = await exchange.token();
  const report = await runLoad({
    target: { url: exchange.http, token: async () => token },
    kinds: [{ kind, rps, connections }],
    durationMs: (count / rps) * 1000,
    clock: systemClock,
  });
  const [kindReport] = report.kinds;
  if (!kindReport) throw new Error(`the load reported nothing about ${kind}; known: ${loadKinds.join(', ')}`);
  return kindReport;
}

/** One connection of a kind that stays open between calls. */
export async function openCall(
  exchange: Loaded,
  kind: LoadKind,
): Promise<{ call(): Promise<Outcome>; close(): Promise<void> }> {
  const token = await exchange.token();
  const load = { kind, rps: 1, connections: 1 };
  const caller = await openCaller(load, { url: exchange.http, token: async () => token }, new Tally(kind, 1));
  let number = 0;
  return {
    call: () => caller.call(++number, AbortSignal.timeout(10_000)).catch(failureOf),
    close: () => caller.close(),
  };
}

/** A report as lines that a person reads. */
export function figures(report: LoadReport): string {
  const lines = report.kinds.map(({ kind, sent, ok, failed, wrong, latency, streams, reasons, faults }) =>
    [
      `  ${kind.padEnd(20)} sent ${sent} ok ${ok} failed ${failed} wrong ${wrong}`,
      `p50 ${latency.p50Ms.toFixed(1)} p99 ${latency.p99Ms.toFixed(1)} max ${latency.maxMs.toFixed(0)} ms`,
      streams.messages > 0 ? `messages ${streams.messages} gaps ${streams.gaps} resumed ${streams.resumed}` : '',
      failed + wrong > 0 ? `${JSON.stringify(reasons)} first: ${faults[0]?.message}` : '',
    ]
      .filter(Boolean)
      .join(', '),
  );
  const seconds = (report.durationMs / 1000).toFixed(1);
  return [
    `${seconds} s: sent ${report.sent} ok ${report.ok} failed ${report.failed} wrong ${report.wrong}`,
    ...lines,
    '',
  ].join('\n');
}
