import type { CheckVerdict, VerdictName } from '../../rollout/core/check.ts';
import { formatDuration } from '../duration.ts';
import type { RolloutView } from '../rollout/view.ts';
import type { Colors } from './color.ts';

type Phase = RolloutView['phase'];
type Paint = 'green' | 'red' | 'yellow' | 'cyan' | 'dim';

/** How each phase looks: never by colour alone. */
const phases: Readonly<Record<Phase, readonly [icon: string, paint: Paint]>> = {
  Unseen: ['◷', 'dim'],
  Idle: ['•', 'dim'],
  Gating: ['◌', 'cyan'],
  Shifting: ['◌', 'cyan'],
  Analysing: ['◌', 'cyan'],
  Paused: ['॥', 'yellow'],
  Reverting: ['⚠', 'red'],
  Promoted: ['✔', 'green'],
  RolledBack: ['✖', 'red'],
  Aborted: ['✖', 'yellow'],
  Superseded: ['•', 'yellow'],
  Refused: ['✖', 'red'],
};

const verdicts: Readonly<Record<VerdictName, readonly [icon: string, paint: Paint]>> = {
  pass: ['✔', 'green'],
  fail: ['✖', 'red'],
  inconclusive: ['◌', 'cyan'],
};

/** `✔ Promoted` */
export function phaseCell(phase: Phase, colors: Colors): string {
  const [icon, paint] = phases[phase];
  return colors[paint](`${icon} ${phase}`);
}

/** `◌ inconclusive` */
export function verdictCell(verdict: VerdictName | undefined, colors: Colors): string {
  if (verdict === undefined) return '-';
  const [icon, paint] = verdicts[verdict];
  return colors[paint](`${icon} ${verdict}`);
}

/** A value of a check in its own unit: `5.1 %`, `12 ms`, `300`; `-` where nothing was seen. */
export function valueText(kind: CheckVerdict['kind'], value: number | undefined): string {
  if (value === undefined) return '-';
  if (kind === 'latency') return `${rounded(value)} ms`;
  return kind === 'gauge' ? rounded(value) : shareText(value);
}

/** `0.12 %` of a share 0..1. */
export function shareText(share: number): string {
  return `${rounded(share * 100)} %`;
}

/** Three significant digits below 100, whole numbers above. */
function rounded(value: number): string {
  return Math.abs(value) >= 100 ? countText(Math.round(value)) : String(Number(value.toPrecision(3)));
}

/** `12,345` */
export function countText(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `3 m 20 s`; days above two of them. */
export function ageText(ms: number): string {
  const hours = Math.floor(ms / 3_600_000);
  if (hours >= 48) return `${Math.floor(hours / 24)} d`;
  return hours >= 1 ? `${hours} h` : formatDuration(Math.max(0, ms));
}

/** What a check still lacks for a decision. */
export function neededText({ verdict, excused, neededToPass, samples, reason }: CheckVerdict): string {
  if (verdict !== 'inconclusive') return 'decided';
  if (excused) return 'excused: the stable release fails as well';
  if (neededToPass !== undefined) return `${countText(neededToPass)} more good ${samples === 0 ? 'ones' : 'samples'}`;
  return reason;
}

/** `14:03:05.120Z` of a moment. */
export function timeText(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(11);
}
