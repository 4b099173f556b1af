import { type Column, table } from '../../cli/output/table.ts';
import type { Round } from './answers.ts';
import type { EngineRounds } from './engines.ts';

interface Line extends Round {
  readonly engine: string;
  readonly candidate: string;
}

const seconds = (ms: number | undefined) => (ms === undefined ? '-' : `${(ms / 1000).toFixed(1)} s`);

const columns: readonly Column<Line>[] = [
  { title: 'ENGINE', cell: ({ engine }) => engine },
  { title: 'CANDIDATE', cell: ({ candidate }) => candidate },
  { title: 'PROMOTED AFTER', align: 'right', cell: ({ takenOverMs }) => seconds(takenOverMs) },
  {
    title: 'ROLLED BACK AFTER',
    align: 'right',
    cell: ({ takenOverMs, exposedMs }) => seconds(takenOverMs === undefined ? exposedMs : undefined),
  },
  { title: 'ITS ANSWERS', align: 'right', cell: ({ candidateAnswers }) => String(candidateAnswers) },
  { title: 'CALLS', align: 'right', cell: ({ sent }) => String(sent) },
  { title: 'FAILED', align: 'right', cell: ({ failed }) => String(failed) },
];

/** The engines beside each other; times are from the first answer of the candidate. */
export function sideBySide(done: readonly EngineRounds[]): string {
  const lines = done.flatMap(({ engine, good, bad }): Line[] => [
    { engine, candidate: 'good', ...good },
    { engine, candidate: 'one answer in five fails', ...bad },
  ]);
  return `${table(lines, columns)}${done.map(({ note }) => `${note}\n`).join('')}`;
}
