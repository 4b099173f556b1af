import { type Column, table } from '../cli/output/table.ts';
import type { Summary } from './measure/summary.ts';
import { type Goal, isMet, type Measurement, type RowResult, type Side } from './row.ts';

/** What became of a row: figures, or the reason why there are none. */
export type Outcome =
  | { readonly row: string; readonly title: string; readonly result: RowResult }
  | { readonly row: string; readonly title: string; readonly failed: string };

interface Line {
  readonly row: string;
  readonly measurement: Measurement;
}

const columns: readonly Column<Line>[] = [
  { title: 'ROW', cell: ({ row }) => row },
  { title: 'WHAT', cell: ({ measurement }) => measurement.what },
  { title: 'RATIO', align: 'right', cell: ({ measurement }) => spread(measurement.ratio, '') },
  { title: 'MEASURED', cell: ({ measurement }) => side(measurement.measured) },
  { title: 'AGAINST', cell: ({ measurement }) => side(measurement.against) },
  { title: 'UNIT', cell: ({ measurement }) => measurement.unit },
  { title: 'GOAL', cell: ({ measurement }) => measurement.goals.map((goal) => goalText(goal, measurement)).join(', ') },
  { title: 'MET', cell: ({ measurement }) => measurement.goals.map((goal) => metText(goal, measurement)).join(', ') },
];

/** The table for people: a line per measurement, then the notes and the rows that failed. */
export function renderText(outcomes: readonly Outcome[]): string {
  const lines = outcomes.flatMap((outcome) =>
    'result' in outcome ? outcome.result.measurements.map((measurement) => ({ row: outcome.row, measurement })) : [],
  );
  const notes = outcomes.flatMap((outcome) =>
    'result' in outcome ? outcome.result.notes.map((note) => `${outcome.row}: ${note}`) : [],
  );
  const failed = outcomes.flatMap((outcome) =>
    'failed' in outcome ? [`${outcome.row}: NOT MEASURED: ${outcome.failed}`] : [],
  );
  return [
    lines.length > 0 ? table(lines, columns) : '',
    lines.length > 0 ? 'Medians of the rounds, in brackets the lowest and the highest round.\n' : '',
    ...notes.map((note) => `${note}\n`),
    ...failed.map((text) => `${text}\n`),
  ].join('');
}

/** The body of the `Bench` document: the same figures, raw, with each round. */
export function renderDocument(outcomes: readonly Outcome[]): Readonly<Record<string, unknown>> {
  return { rows: outcomes.map((outcome) => ('result' in outcome ? measuredRow(outcome) : outcome)) };
}

function measuredRow({ row, title, result }: Extract<Outcome, { result: RowResult }>) {
  const measurements = result.measurements.map((measurement) => ({
    ...measurement,
    goals: measurement.goals.map((goal) => ({ ...goal, met: isMet(goal, measurement) ?? null })),
  }));
  return { row, title, measurements, notes: result.notes };
}

function side(of: Side | undefined): string {
  return of ? `${of.name} ${spread(of.summary, '')}` : '-';
}

function spread(summary: Summary | undefined, unknown: string): string {
  if (!summary) return unknown;
  return summary.rounds.length === 1
    ? short(summary.median)
    : `${short(summary.median)} [${short(summary.low)}..${short(summary.high)}]`;
}

/** Three significant digits: more would be noise. */
function short(value: number): string {
  return Math.abs(value) >= 100 ? Math.round(value).toString() : Number(value.toPrecision(3)).toString();
}

function goalText(goal: Goal, measurement: Measurement): string {
  const sign = goal.bound === 'at most' ? '<=' : '>=';
  return goal.of === 'ratio' ? `${sign} ${goal.value}x` : `${sign} ${goal.value} ${measurement.unit}`;
}

function metText(goal: Goal, measurement: Measurement): string {
  const met = isMet(goal, measurement);
  if (met === undefined) return 'cannot be told';
  return met ? 'yes' : 'NO';
}
