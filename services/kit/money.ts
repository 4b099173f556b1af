import { Failure } from './failure.ts';

/** Digits after the point by ISO 4217 currency. The exchange keeps these; others are refused by name. */
const fractionDigits = { CHF: 2, EUR: 2, GBP: 2, JPY: 0, SEK: 2, USD: 2 } as const;

export type Currency = keyof typeof fractionDigits;
export const currencies = Object.keys(fractionDigits) as Currency[];

const largestMinor = 2n ** 63n - 1n;

export function isCurrency(value: string): value is Currency {
  return Object.hasOwn(fractionDigits, value);
}

/**
 * Decimal string (`"10.00"`, at most the currency's digits) to whole minor units.
 * @throws Failure `bad-amount` for anything else: exponents, signs other than `-`, too many digits, more than 2^63-1.
 */
export function toMinor(amount: string, currency: Currency): bigint {
  const digits = fractionDigits[currency];
  const found = /^(-?)(\d{1,19})(?:\.(\d+))?$/.exec(amount);
  const fraction = found?.[3] ?? '';
  if (!found || fraction.length > digits) {
    const example = digits === 0 ? '10' : '10.00';
    throw new Failure('bad-amount', `"${amount}" is no amount in ${currency}`, `write it like "${example}"`);
  }
  const minor = BigInt(`${found[2]}${fraction.padEnd(digits, '0')}`);
  if (minor > largestMinor)
    throw new Failure('bad-amount', `"${amount}" is too large`, `at most ${fromMinor(largestMinor, currency)}`);
  return found[1] === '-' ? -minor : minor;
}

/** Whole minor units to a decimal string with all digits of the currency. */
export function fromMinor(minor: bigint, currency: Currency): string {
  const digits = fractionDigits[currency];
  const sign = minor < 0n ? '-' : '';
  const plain = (minor < 0n ? -minor : minor).toString().padStart(digits + 1, '0');
  return digits === 0 ? `${sign}${plain}` : `${sign}${plain.slice(0, -digits)}.${plain.slice(-digits)}`;
}
