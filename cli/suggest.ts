import { usageFailure } from './failure.ts';

/** The known words that `word` may have been meant to be, best first, at most two. */
export function suggestions(word: string, known: readonly string[]): string[] {
  const limit = Math.max(1, Math.floor(word.length / 3));
  return known
    .map((candidate) => ({ candidate, away: candidate.startsWith(word) ? 0.5 : editDistance(word, candidate) }))
    .filter(({ away }) => away <= limit)
    .sort((left, right) => left.away - right.away || (left.candidate < right.candidate ? -1 : 1))
    .slice(0, 2)
    .map(({ candidate }) => candidate);
}

/** ` Did you mean x?` or nothing. */
export function didYouMean(word: string, known: readonly string[]): string {
  const found = suggestions(word, known);
  return found.length === 0 ? '' : ` Did you mean ${found.join(' or ')}?`;
}

/** The one of the names that was written; throws a usage failure with all of them. */
export function oneOf<T extends string>(word: string, names: readonly T[], what: string): T {
  const found = names.find((name) => name === word);
  if (found) return found;
  throw usageFailure(`${word}: unknown ${what}.${didYouMean(word, names)}`, `Known: ${names.join(', ')}.`);
}

/** Damerau-Levenshtein (adjacent letters swapped count once). */
function editDistance(left: string, right: string): number {
  const rows: number[][] = [Array.from({ length: right.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let row = 1; row <= left.length; row++) {
    rows.push([row]);
    for (let column = 1; column <= right.length; column++) {
      const changed = left[row - 1] === right[column - 1] ? 0 : 1;
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      const best = Math.min(at(row - 1, column) + 1, at(row, column - 1) + 1, at(row - 1, column - 1) + changed);
      rows[row]?.push(swapped ? Math.min(best, at(row - 2, column - 2) + 1) : best);
    }
  }
  return at(left.length, right.length);
}
