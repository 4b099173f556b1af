import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { Failure } from '../../cli/failure.ts';
import { interleave } from '../measure/interleave.ts';
import { ratioOf, summarize } from '../measure/summary.ts';
import type { Row, RowContext } from '../row.ts';

const run = promisify(execFile);
const parley = path.join(import.meta.dirname, '..', '..', 'bin', 'parley');

export const renderTime: Row = {
  name: 'render',
  title: 'time of `parley render`, against starting Node for nothing',
  run: async (context) => {
    const subjects = [
      { name: 'parley render', measure: () => timed(context, parley, ['render']) },
      { name: "node -e ''", measure: () => timed(context, process.execPath, ['-e', '']) },
    ];
    const results = await interleave(subjects, context.rounds, context.signal);
    const [measured = [], against = []] = subjects.map(({ name }) => results.get(name));
    const side = (index: number, values: readonly number[]) => ({
      name: subjects[index]?.name ?? '',
      summary: summarize(values),
    });
    return {
      measurements: [
        {
          what: 'wall time',
          unit: 's',
          measured: side(0, measured),
          against: side(1, against),
          ratio: ratioOf(measured, against),
          goals: [],
        },
      ],
      notes: [],
    };
  },
};

async function timed({ clock, signal }: RowContext, program: string, args: readonly string[]): Promise<number> {
  const startedAt = clock.now();
  try {
    await run(program, [...args], { signal, maxBuffer: 64_000_000 });
  } catch (cause) {
    throw new Failure('ProgramFailed', `${path.basename(program)} ${args.join(' ')} failed`, { cause });
  }
  return (clock.now() - startedAt) / 1000;
}
