const unitMs: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
const grammar = /^(\d+(?:\.\d+)?(?:h|ms|m|s))+$/;

/** Milliseconds of a duration such as `1h30m`, `2.5s` or `300ms` (Gateway API GEP-2257, Go durations). Throws when it is none. */
export function parseDurationMs(text: string): number {
  if (!grammar.test(text))
    throw new Error(`${JSON.stringify(text)} is no duration; write one such as 300ms, 15s or 1m30s`);
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)) {
    total += Number(amount) * (unitMs[unit ?? ''] ?? Number.NaN);
  }
  return total;
}

/** The JSON form of google.protobuf.Duration: seconds with a fraction. */
export function protoDuration(ms: number): string {
  return `${ms / 1000}s`;
}
