import { expect, test } from 'vitest';
import { summarize } from './measure/summary.ts';
import { type Outcome, renderDocument, renderText } from './report.ts';
import { isMet, type Measurement } from './row.ts';

const measurement: Measurement = {
  what: 'p50 added',
  unit: 'ms',
  measured: { name: 'Parley', summary: summarize([0.5, 0.61234, 0.7]) },
  against: { name: 'minimal Envoy', summary: summarize([0.5, 0.5, 0.5]) },
  ratio: summarize([1, 1.22468, 1.4]),
  goals: [
    { of: 'ratio', bound: 'at most', value: 1.15 },
    { of: 'measured', bound: 'at most', value: 5 },
  ],
};
const outcomes: readonly Outcome[] = [
  { row: 'sidecar-latency', title: 'latency', result: { measurements: [measurement], notes: ['no HAProxy here'] } },
  { row: 'memory', title: 'memory', failed: 'nothing runs' },
];

test('the table shows medians with their spread, and a missed goal in capitals', () => {
  expect(renderText(outcomes).replace(/ {2,}/g, '  ')).toBe(
    [
      'ROW              WHAT                     RATIO  MEASURED                AGAINST                     UNIT  GOAL              MET',
      'sidecar-latency  p50 added  1.22 [1..1.4]  Parley 0.612 [0.5..0.7]  minimal Envoy 0.5 [0.5..0.5]  ms    <= 1.15x, <= 5 ms  NO, yes',
      'Medians of the rounds, in brackets the lowest and the highest round.',
      'sidecar-latency: no HAProxy here',
      'memory: NOT MEASURED: nothing runs',
      '',
    ]
      .join('\n')
      .replace(/ {2,}/g, '  '),
  );
});

test('the document holds raw figures, goals with their verdict, and the reason of a failed row', () => {
  expect(renderDocument(outcomes)).toMatchObject({
    rows: [
      {
        row: 'sidecar-latency',
        measurements: [{ measured: { summary: { median: 0.61234 } }, goals: [{ met: false }, { met: true }] }],
      },
      { row: 'memory', failed: 'nothing runs' },
    ],
  });
});

test('a goal for a ratio that could not be told is neither met nor missed', () => {
  const goal = { of: 'ratio', bound: 'at least', value: 0.85 } as const;
  expect(isMet(goal, { ...measurement, ratio: undefined })).toBeUndefined();
  expect(isMet(goal, measurement)).toBe(true);
});
