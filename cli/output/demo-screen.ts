import { formatDuration } from '../duration.ts';
import type { DemoRow } from '../rollout/demo.ts';
import type { Colors } from './color.ts';
import { countText, phaseCell, verdictCell } from './rollout-words.ts';
import { table } from './table.ts';

/** What `parley rollout demo` prints at its end. Pure. */
export function demoScreen(rows: readonly DemoRow[], colors: Colors): string {
  const lines = table(rows, [
    { title: 'RELEASE', cell: ({ release }) => colors.bold(release) },
    { title: 'VERDICT', cell: ({ verdict }) => verdictCell(verdict, colors) },
    { title: 'OUTCOME', cell: ({ outcome }) => phaseCell(outcome, colors) },
    { title: 'TIME', align: 'right', cell: timeCell },
    { title: 'SENT', align: 'right', cell: ({ sent }) => countText(sent) },
    { title: 'SAW AN ERROR', align: 'right', cell: ({ failed }) => countText(failed) },
    { title: 'AT MOST', align: 'right', cell: ({ bound }) => (bound === undefined ? '-' : countText(bound)) },
  ]);
  const notes = [
    'TIME     promoted: from the start on; rolled back: from the end of the first bad answer until the last answer of that release',
    'AT MOST  requests of the candidate that its test needs at this share of errors, in 999 of 1000 rollouts; retries are off',
  ];
  return `${lines}\n${notes.map((note) => colors.dim(note)).join('\n')}\n`;
}

function timeCell({ tookMs }: DemoRow): string {
  if (tookMs === undefined) return '-';
  return tookMs < 1000 ? `${Math.round(tookMs)} ms` : formatDuration(tookMs);
}
