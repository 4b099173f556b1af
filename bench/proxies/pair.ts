import { Failure } from '../../cli/failure.ts';
import { openConnections, type Target } from '../load/connections.ts';
import { type ProgramSpec, startProgram, until } from '../programs.ts';
import type { RowContext } from '../row.ts';

/** What the pair does beside forwarding; each includes the one before it, as far as it goes. */
export const variants = ['plain', 'mTLS', 'tracing 100 %', 'access log'] as const;
export type Variant = (typeof variants)[number];

/** Two proxies between the load generator and the application: the caller's and the called one's. */
export interface Pair extends AsyncDisposable {
  /** Where the load goes in. */
  readonly target: Target;
  /** Client side, server side. */
  readonly pids: readonly number[];
}

/** What every pair is made from. */
export interface PairOptions {
  readonly variant: Variant;
  /** Share of requests that are traced, 0..100; in force for the variant `tracing 100 %`. */
  readonly samplingPercent?: number;
  /** A folder of its own. */
  readonly dir: string;
  /** Unix socket of the application. */
  readonly appSocket: string;
  readonly collector: { readonly http: number };
  readonly context: RowContext;
}

/** Starts a program per side, client first in `specs`; resolves when the pair answers, and leaves nothing running when it does not. */
export async function startPair(
  name: string,
  target: Target,
  specs: readonly ProgramSpec[],
  context: RowContext,
): Promise<Pair> {
  await using started = new AsyncDisposableStack();
  const programs = specs.map((spec) => started.use(startProgram(spec)));
  await answers(name, target, context, () => programs.map((program) => program.log()).join('\n'));
  const running = started.move();
  return { target, pids: programs.map(({ pid }) => pid), [Symbol.asyncDispose]: () => running.disposeAsync() };
}

const answerWithinMs = 15_000;

/** Resolves when a request through `target` is answered with 200; else throws `Failure` with what came instead and what the programs said. */
export async function answers(name: string, target: Target, context: RowContext, logs: () => string): Promise<void> {
  try {
    await until(`${name}: an answer with 200`, answerWithinMs, context.clock, async () => {
      const connections = openConnections(target, 1);
      try {
        const failure = await new Promise<string | undefined>((resolve) => connections.send(0, resolve));
        if (failure !== undefined) throw new Error(failure);
      } finally {
        await connections.close();
      }
    });
  } catch (cause) {
    throw new Failure('NoAnswer', `${name} does not answer; it said: ${logs().trim() || 'nothing'}`, { cause });
  }
}
