import type { RolloutView } from '../rollout/view.ts';
import { shareText } from './rollout-words.ts';

/**
 * One line for logs and pipes. It is the same until something was decided: numbers that only grow are not in it. Pure.
 */
export function rolloutLine(view: RolloutView): string {
  const { service, candidate, phase, stage, weight, checks, gates, message } = view;
  const settled = phase !== 'Analysing' && phase !== 'Gating';
  const parts = [
    `${service} ${candidate}: ${phase}`,
    ...(stage ? [`stage ${stage}`] : weight === undefined ? [] : [shareText(weight / 100)]),
    ...gates.map(({ gate, result }) => `gate ${gate} ${result}`),
    ...checks.map(({ name, verdict, excused }) => `${name} ${verdict}${excused ? ' (excused)' : ''}`),
    ...(settled && message ? [message] : []),
    ...(view.missing ? [`no evidence: ${view.missing.reason}`] : []),
    ...(view.unseen ? [view.unseen] : []),
  ];
  return parts.join(', ');
}

/** How it stands, for `parley rollout status`. Pure. */
export function rolloutStatusLine({ phase, stage, candidate, stable, message }: RolloutView): string {
  const what = stable === undefined ? candidate : `${stable} -> ${candidate}`;
  return `${phase} - ${[what, ...(stage ? [`stage ${stage}`] : []), ...(message ? [message] : [])].join(', ')}`;
}
