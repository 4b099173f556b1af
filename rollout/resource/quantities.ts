import type { Duration, Percent } from './rollout.ts';

/** Percent of anything, also above 100: `150%`, `0.5%`. */
export const percentPattern = /^\d{1,3}(\.\d{1,6})?%$/;
/** A share: 0 to 100 percent. */
export const sharePattern = /^(100|\d{1,2}(\.\d{1,6})?)%$/;
/** https://gateway-api.sigs.k8s.io/geps/gep-2257/ */
export const durationPattern = /^([0-9]{1,5}(h|m|s|ms)){1,4}$/;

/** The number of `5%`, 5. The text has been checked by `percentPattern`. */
export const percentNumber = (text: Percent): number => Number(text.slice(0, -1));

/** `5%` is 0.05. The text has been checked by `percentPattern`. */
export const parsePercent = (text: Percent): number => percentNumber(text) / 100;

const unitMs: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** Milliseconds of `1m30s`. The text has been checked by `durationPattern`. */
export function parseDurationMs(text: Duration): number {
  const parts = [...text.matchAll(/(\d+)(ms|h|m|s)/g)];
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (unitMs[unit ?? ''] ?? Number.NaN), 0);
}
