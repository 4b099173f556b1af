import type { HistoryEntry } from '../../rollout/resource/rollout.ts';
import type { Colors } from './color.ts';
import { ageText, phaseCell } from './rollout-words.ts';
import { table } from './table.ts';

/** What `parley rollout history` prints: attempts that ended, the newest first. Pure. */
export function historyScreen(entries: readonly HistoryEntry[], nowMs: number, colors: Colors): string {
  return table(entries, [
    { title: 'ATTEMPT', align: 'right', cell: ({ attempt }) => String(attempt) },
    { title: 'CANDIDATE', cell: ({ candidate }) => colors.bold(candidate) },
    { title: 'STABLE', cell: ({ stable }) => stable },
    { title: 'OUTCOME', cell: ({ outcome }) => phaseCell(outcome, colors) },
    {
      title: 'TOOK',
      align: 'right',
      cell: ({ beganAt, endedAt }) => ageText(Date.parse(endedAt) - Date.parse(beganAt)),
    },
    { title: 'AGO', align: 'right', cell: ({ endedAt }) => ageText(nowMs - Date.parse(endedAt)) },
    { title: 'REASON', cell: ({ reason }) => reason },
  ]);
}
