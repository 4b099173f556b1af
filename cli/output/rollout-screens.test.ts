import { expect, test } from 'vitest';
import { Failure } from '../failure.ts';
import type { DemoRow } from '../rollout/demo.ts';
import { explanationOf } from '../rollout/explanation.ts';
import { newRollout } from '../rollout/rollouts.ts';
import {
  analysing,
  ended,
  errors,
  failing,
  gating,
  latency,
  nowMs,
  reverting,
  sampleRollout,
  sampleSeen,
} from '../rollout/sample.ts';
import { viewOf } from '../rollout/view.ts';
import { colorsFor } from './color.ts';
import { demoScreen } from './demo-screen.ts';
import { explainScreen } from './explain-screen.ts';
import { historyScreen } from './history-screen.ts';
import { matchesGolden, plain } from './matches-golden.ts';
import { rolloutLine, rolloutStatusLine } from './rollout-line.ts';
import { rolloutListScreen } from './rollout-list-screen.ts';
import { rolloutScreen } from './rollout-screen.ts';

const at = (width: number) => ({ colors: plain, width, nowMs });
const excused = errors({
  verdict: 'inconclusive',
  reason: '14 of 120 requests failed, and so did 130 of 1116 of 1.4.0: nothing is held against 2.0.0 meanwhile',
  value: 14 / 120,
  stableValue: 130 / 1116,
  excused: true,
  neededToPass: undefined,
});

const trees = {
  gating: viewOf(sampleSeen(sampleRollout(gating), false)),
  analysing: viewOf(sampleSeen(sampleRollout(analysing))),
  paused: viewOf(sampleSeen(sampleRollout(analysing, { paused: true }))),
  excused: viewOf(sampleSeen(sampleRollout({ ...analysing, checks: [excused, latency()] }))),
  missing: viewOf(
    sampleSeen(
      sampleRollout({
        ...analysing,
        checks: [],
        missing: { reason: 'no sidecar of a caller answers', hint: 'Type: parley edges' },
      }),
    ),
  ),
  shifting: viewOf(
    sampleSeen(
      sampleRollout({ ...analysing, phase: 'Shifting', stage: 1, traffic: { weight: 50 }, sinceMs: nowMs - 30 }),
    ),
  ),
  reverting: viewOf(sampleSeen(sampleRollout(reverting))),
  'rolled-back': viewOf(sampleSeen(sampleRollout(ended('RolledBack')))),
  promoted: viewOf(sampleSeen(sampleRollout(ended('Promoted')))),
  unseen: viewOf(sampleSeen(newRollout({ service: 'accounts', candidate: '2.0.0' }))),
};

test.each(Object.entries(trees))('the tree of a rollout: %s', (name, view) => {
  matchesGolden(`rollout-${name}`, rolloutScreen(view, at(100)));
});

test.each([60, 140])('the tree on a terminal of %i columns', (width) => {
  const screen = rolloutScreen(trees.analysing, at(width));
  matchesGolden(`rollout-analysing-${width}`, screen);
  for (const line of screen.split('\n')) expect(line.length).toBeLessThanOrEqual(width);
});

test('symbols and words differ where colours do', () => {
  const colors = colorsFor({ write: () => true }, { PARLEY_COLOR: 'always' });
  const coloured = rolloutScreen(trees.analysing, { colors, width: 70, nowMs });
  expect(coloured).toContain('\u001b[');
  for (const line of coloured.split('\n')) expect(line.endsWith('…') && line.includes('\u001b[')).toBe(false);
});

test('lines for pipes', () => {
  matchesGolden(
    'rollout-lines',
    Object.values(trees)
      .map((view) => `${rolloutLine(view)}\n`)
      .join(''),
  );
  const later = sampleRollout({ ...analysing, checks: [errors({ samples: 130, neededToPass: 50 }), latency()] });
  expect(rolloutLine(viewOf(sampleSeen(later))), 'numbers that grow are no change').toBe(rolloutLine(trees.analysing));
  matchesGolden(
    'rollout-status',
    Object.values(trees)
      .map((view) => `${rolloutStatusLine(view)}\n`)
      .join(''),
  );
});

test('the list', () => {
  const views = [
    trees.analysing,
    { ...trees['rolled-back'], service: 'orders' },
    { ...trees.unseen, service: 'portfolio' },
  ];
  matchesGolden('rollout-list', rolloutListScreen(views, at(100)));
});

const lookUp = ({ traceId }: { readonly traceId?: string }) => `parley logs accounts | grep ${traceId}`;
const refused = ended('Refused', {
  reason: 'contract: 2.0.0 lacks v1',
  checks: [],
  verdict: 'inconclusive',
  examples: [],
});
test.each([
  ['promoted', sampleRollout(ended('Promoted'))],
  ['rolled-back', sampleRollout(ended('RolledBack'))],
  ['refused', sampleRollout(refused)],
  [
    'excused',
    sampleRollout({
      ...analysing,
      checks: [excused, latency()],
      examples: [{ ...failing, release: '1.4.0' }, failing],
    }),
  ],
] as const)('explain: %s', (name, rollout) => {
  matchesGolden(`explain-${name}`, explainScreen(explanationOf(rollout), lookUp, plain));
});

const first = sampleRollout(
  ended('RolledBack', {
    attempt: 1,
    candidate: '2.1.0-errors',
    beganAtMs: nowMs - 203_000,
    endedAtMs: nowMs - 200_000,
  }),
);
const both = sampleRollout(ended('Promoted'), {}, first.status);

test('explain of an older attempt, and of one that is not there', () => {
  expect(explanationOf(both, 1)).toMatchObject({ attempt: 1, candidate: '2.1.0-errors', outcome: 'RolledBack' });
  expect(explanationOf(both)).toMatchObject({ attempt: 2, beganAtMs: nowMs - 12_300, endedAtMs: nowMs - 50 });
  expect(() => explanationOf(both, 7)).toThrow('accounts has no attempt 7 in its history: 2, 1');
  expect(() => explanationOf(newRollout({ service: 'accounts', candidate: '2.0.0' }))).toThrow(Failure);
});

test('history', () => {
  matchesGolden('rollout-history', historyScreen(both.status?.history ?? [], nowMs, plain));
});

test('the table of the demonstration', () => {
  const rows: readonly DemoRow[] = [
    { release: '2.0.0', verdict: 'pass', outcome: 'Promoted', tookMs: 12_340, sent: 2713, failed: 0 },
    { release: '2.1.0-errors', verdict: 'fail', outcome: 'RolledBack', tookMs: 734, sent: 512, failed: 5, bound: 41 },
  ];
  matchesGolden('rollout-demo', demoScreen(rows, plain));
});
