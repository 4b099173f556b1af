import { runSteps, type Step, type StepDone } from '../../install/step.ts';
import type { CommandContext } from '../command.ts';
import type { Progress } from '../output/progress.ts';

/** How a phase ended, for people; `changed` absent: it only looked. */
export interface Outcome {
  readonly result: string;
  readonly changed?: boolean;
}

/** Steps with their times: shown while they run, and kept for `-o json`. */
export interface StepLog {
  step<T>(
    title: string,
    work: (say: (detail: string) => void) => Promise<T>,
    outcome: (result: T) => Outcome,
  ): Promise<T>;
  run(steps: readonly Step[]): Promise<void>;
  readonly done: readonly StepDone[];
}

export function stepLog(progress: Progress, { clock, signal }: Pick<CommandContext, 'clock' | 'signal'>): StepLog {
  const done: StepDone[] = [];
  return {
    done,
    async step(title, work, outcome) {
      const startedAt = clock.now();
      const result = await progress.step(title, work, (found) => outcome(found).result);
      const { result: text, changed = false } = outcome(result);
      done.push({ title, result: text, changed, ms: Math.round(clock.now() - startedAt) });
      return result;
    },
    async run(steps) {
      done.push(...(await runSteps(steps, progress, clock.now, signal)));
    },
  };
}
