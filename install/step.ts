/** One thing that an installation brings about. Running all steps twice changes nothing the second time. */
export interface Step {
  /** As progress shows it: `Gateway API`. */
  readonly title: string;
  /** What is there already and good, in a few words; undefined: `run` has to be called. */
  look(): Promise<string | undefined>;
  /** Brings it about; returns what it did, in a few words. Throws InstallError with the next thing to type. */
  run(say: (detail: string) => void): Promise<string>;
}

/** What became of a step. */
export interface StepDone {
  readonly title: string;
  readonly result: string;
  /** False: it was there already. */
  readonly changed: boolean;
  readonly ms: number;
}

/** The part of a progress display that steps need; cli/output/progress.ts fits. */
export interface StepProgress {
  step<T>(title: string, work: (say: (detail: string) => void) => Promise<T>, done?: (result: T) => string): Promise<T>;
}

/** Runs the steps in order; the first that fails ends it. `now` is in milliseconds and never goes back. */
export async function runSteps(
  steps: readonly Step[],
  progress: StepProgress,
  now: () => number,
  signal: AbortSignal,
): Promise<StepDone[]> {
  const done: StepDone[] = [];
  for (const step of steps) {
    signal.throwIfAborted();
    const startedAt = now();
    const outcome = await progress.step(
      step.title,
      async (say) => {
        const found = await step.look();
        return found === undefined ? { result: await step.run(say), changed: true } : { result: found, changed: false };
      },
      ({ result }) => result,
    );
    done.push({ title: step.title, ...outcome, ms: Math.round(now() - startedAt) });
  }
  return done;
}
