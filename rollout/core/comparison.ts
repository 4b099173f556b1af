import { addTrials, noTrials, type Trials } from './sequential-test.ts';

/** The same moment as it went for both releases. */
export interface SideBySide {
  readonly stable: Trials;
  readonly candidate: Trials;
}

export const nothingSeen: SideBySide = { stable: noTrials, candidate: noTrials };

export function addSides(a: SideBySide, b: SideBySide): SideBySide {
  return { stable: addTrials(a.stable, b.stable), candidate: addTrials(a.candidate, b.candidate) };
}

/** The conditional test of whose failures they are, carried from reading to reading. */
export interface Comparison {
  /** Logarithms of the likelihood ratio worse : equal of the blocks that are closed, one for each ratio of `ratiosOf`. */
  readonly logs: readonly number[];
  readonly block: SideBySide;
  readonly blockSinceMs: number;
}

export type Finding = 'worse' | 'explained' | 'open';

export interface ComparisonRules {
  /** How many times as often a bad candidate fails. */
  readonly ratio: number;
  readonly falseBlame: number;
  /** Trials of one moment share their fate: a block lasts at least so long, and so many blocks are needed to call the candidate worse. */
  readonly leastBlockMs?: number;
  readonly leastBlocks?: number;
}

/**
 * A block is a time within which both releases met the same world. It is closed when it has this many trials of both, or when it is old:
 * so a candidate that is called only now and then is compared with what the stable release saw then, not with all it ever saw.
 */
const blockTrials = 20;
const blockMs = 10_000;

export function freshComparison(nowMs: number): Comparison {
  return { logs: [0, 0], block: nothingSeen, blockSinceMs: nowMs };
}

/**
 * Adds what both releases saw in the same time. Given that there are `f` failures, each falls on the candidate with probability `w` when
 * both fail equally often, and with `w k / (w k + 1 - w)` when the candidate fails `k` times as often. `w` is the candidate's share of the
 * requests that were seen in the block, not the weight of the route: matches, mirrors, connections, and calls of our own do not go by weights.
 * Whatever the failing dependency does, the expected ratio is at most 1 under equality (a share without replacement spreads less than one
 * with), so the ratio passes 1 / falseBlame with at most that probability (Ville 1939).
 */
export function compare(
  before: Comparison,
  seen: SideBySide,
  options: ComparisonRules & { readonly nowMs: number },
): Comparison {
  const block = addSides(before.block, seen);
  const ageMs = options.nowMs - before.blockSinceMs;
  const full = Math.min(block.stable.samples, block.candidate.samples) >= blockTrials;
  if (!(full && ageMs >= (options.leastBlockMs ?? 0)) && ageMs < blockMs) return { ...before, block };
  const logs = logsWith({ ...before, block }, options);
  return { logs, block: nothingSeen, blockSinceMs: options.nowMs };
}

/** What the comparison says, the block that is open included. */
export function findingOf(comparison: Comparison, options: ComparisonRules): Finding {
  const logs = logsWith(comparison, options);
  const log = Math.log(logs.reduce((sum, each, index) => sum + (mixture[index] ?? 0) * Math.exp(each), 0));
  if (log >= -Math.log(options.falseBlame)) return 'worse';
  return log <= Math.log(options.falseBlame) ? 'explained' : 'open';
}

/** Each is kept from sinking further than where it says "explained", so that it still reacts to what comes later. */
function logsWith(
  { logs, block }: Comparison,
  { ratio, falseBlame, leastBlocks = 1 }: ComparisonRules,
): readonly number[] {
  const total = block.stable.samples + block.candidate.samples;
  if (total === 0) return logs;
  const share = block.candidate.samples / total;
  const failures = block.stable.bad + block.candidate.bad;
  return ratiosOf(ratio).map((k, index) => {
    const gained = block.candidate.bad * Math.log(k) - failures * Math.log(share * k + 1 - share);
    const most = leastBlocks > 1 ? (-Math.log(falseBlame) + Math.log(2)) / leastBlocks : Number.POSITIVE_INFINITY;
    return Math.max(Math.log(falseBlame), (logs[index] ?? 0) + Math.min(gained, most));
  });
}

/** How much weight each ratio of `ratiosOf` has before anything was seen. Together 1. */
const mixture = [0.8, 0.2];

/** A candidate that is far worse, and one that is worse while a dependency fails for both. */
function ratiosOf(ratio: number): readonly number[] {
  return [ratio, Math.sqrt(ratio)];
}
