import type { RolloutView } from '../rollout/view.ts';
import type { Drawing } from './rollout-screen.ts';
import { ageText, phaseCell, verdictCell } from './rollout-words.ts';
import { table } from './table.ts';

/** What `parley rollout list` prints. Pure. */
export function rolloutListScreen(views: readonly RolloutView[], { colors, nowMs }: Omit<Drawing, 'width'>): string {
  return table(views, [
    { title: 'NAME', cell: ({ service }) => colors.bold(service) },
    { title: 'STABLE', cell: ({ stable }) => stable ?? '-' },
    { title: 'CANDIDATE', cell: ({ candidate }) => candidate },
    { title: 'STATUS', cell: ({ phase }) => phaseCell(phase, colors) },
    { title: 'STAGE', cell: ({ stage }) => stage ?? '-' },
    { title: 'WEIGHT', align: 'right', cell: ({ weight }) => (weight === undefined ? '-' : `${weight} %`) },
    { title: 'VERDICT', cell: ({ verdict }) => verdictCell(verdict, colors) },
    {
      title: 'BEGAN',
      align: 'right',
      cell: ({ beganAtMs }) => (beganAtMs === undefined ? '-' : `${ageText(nowMs - beganAtMs)} ago`),
    },
  ]);
}
