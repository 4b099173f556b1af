import type { CheckVerdict } from '../../rollout/core/check.ts';
import type { Example } from '../../rollout/core/evidence.ts';
import { formatDuration } from '../duration.ts';
import type { Explanation } from '../rollout/explanation.ts';
import type { Colors } from './color.ts';
import { countText, phaseCell, timeText, valueText, verdictCell } from './rollout-words.ts';
import { table } from './table.ts';

/** What `parley rollout explain` prints: why it ended so, what each check went by, and a failing request to look up. Pure. */
export function explainScreen(explanation: Explanation, lookUp: (example: Example) => string, colors: Colors): string {
  const { checks, examples, candidate, outcome } = explanation;
  const parts = [header(explanation, colors)];
  if (checks.length > 0) parts.push(checkTable(explanation, colors), checkReasons(checks, colors));
  else parts.push(`No request of ${candidate} was judged.\n`);
  const [example] = examples;
  if (example) parts.push(exampleLines(example, lookUp));
  else if (outcome === 'RolledBack') parts.push('No failing request was kept as an example.\n');
  return parts.join('\n');
}

function header(explanation: Explanation, colors: Colors): string {
  const { service, attempt, candidate, stable, outcome, reason, beganAtMs, endedAtMs } = explanation;
  const took = endedAtMs === undefined ? '' : ` after ${formatDuration(endedAtMs - beganAtMs)}`;
  const how = outcome ? `${phaseCell(outcome, colors)}${took}` : 'is being judged';
  return `${colors.bold(service)} ${stable} -> ${colors.bold(candidate)}, attempt ${attempt}: ${how}\n${reason}\n`;
}

function checkTable({ checks, beganAtMs, outcome }: Explanation, colors: Colors): string {
  return table(checks, [
    { title: 'CHECK', cell: ({ name }) => colors.bold(name) },
    { title: 'VERDICT', cell: ({ verdict }) => verdictCell(verdict, colors) },
    { title: 'CANDIDATE', align: 'right', cell: ({ kind, value }) => valueText(kind, value) },
    { title: 'SAMPLES', align: 'right', cell: ({ samples }) => countText(samples) },
    { title: 'STABLE', align: 'right', cell: ({ kind, stableValue }) => valueText(kind, stableValue) },
    { title: 'SAMPLES', align: 'right', cell: ({ stableSamples }) => countText(stableSamples) },
    { title: 'LIMIT', align: 'right', cell: ({ kind, limit }) => valueText(kind, limit) },
    { title: 'EVIDENCE SUFFICED', cell: (check) => sufficed(check, beganAtMs) ?? (outcome ? 'never' : 'not yet') },
  ]);
}

/** `12.3 s in, at 14:03:05.120Z` */
function sufficed({ decidedAtMs }: CheckVerdict, beganAtMs: number): string | undefined {
  if (decidedAtMs === undefined) return undefined;
  return `${formatDuration(decidedAtMs - beganAtMs)} in, at ${timeText(decidedAtMs)}`;
}

function checkReasons(checks: readonly CheckVerdict[], colors: Colors): string {
  return checks.map(({ name, reason }) => `${colors.bold(name)}: ${reason}\n`).join('');
}

function exampleLines(example: Example, lookUp: (example: Example) => string): string {
  const { release, what, traceId, atMs } = example;
  const head = `A failing request of ${release}: ${what}, at ${timeText(atMs)}\n`;
  return traceId === undefined ? head : `${head}  trace ${traceId}\n  ${lookUp(example)}\n`;
}
