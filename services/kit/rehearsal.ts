import type { KitSettings } from './config.ts';

/**
 * Releases that are wrong in one known way, so that a rollback can be shown and tested. A share hits evenly (of 20 % every fifth request), so
 * that two runs are alike. Probes and metrics are exempt.
 */
export type Fault =
  | { readonly kind: 'errors'; readonly share: number }
  | { readonly kind: 'latency'; readonly share: number; readonly delayMs: number }
  | { readonly kind: 'wrong-body'; readonly share: number }
  | { readonly kind: 'crash'; readonly afterMs: number }
  | { readonly kind: 'breaks-v1'; readonly field: string; readonly becomes: string };

export type Rehearsal = '2.1.0-errors' | '2.1.0-latency' | '2.1.0-wrong-body' | '2.1.0-crash' | '2.1.0-breaks-v1';

/** The field of contract v1 that `2.1.0-breaks-v1` renames, by service. */
const renamed = {
  accounts: { field: 'balance', becomes: 'amount' },
  orders: { field: 'id', becomes: '' },
  portfolio: { field: 'balance', becomes: 'amount' },
} as const;

export type RehearsedService = keyof typeof renamed;

/** What is wrong with a rehearsal release. */
export function faultOf(service: RehearsedService, rehearsal: Rehearsal): Fault {
  switch (rehearsal) {
    case '2.1.0-errors':
      return { kind: 'errors', share: 0.2 };
    case '2.1.0-latency':
      return { kind: 'latency', share: 1 / 3, delayMs: 300 };
    case '2.1.0-wrong-body':
      return { kind: 'wrong-body', share: 0.2 };
    case '2.1.0-crash':
      return { kind: 'crash', afterMs: 20_000 };
    case '2.1.0-breaks-v1':
      return { kind: 'breaks-v1', ...renamed[service] };
  }
}

/** A fault with its share (`FAULT_SHARE`) or the time of its crash (`FAULT_CRASH_AFTER_MS`) as the environment wants them. */
export function adjusted(fault: Fault, settings: Pick<KitSettings, 'FAULT_SHARE' | 'FAULT_CRASH_AFTER_MS'>): Fault {
  const { FAULT_SHARE: share, FAULT_CRASH_AFTER_MS: afterMs } = settings;
  if (fault.kind === 'crash') return afterMs === undefined ? fault : { ...fault, afterMs };
  return 'share' in fault && share !== undefined ? { ...fault, share } : fault;
}

/** Says yes to `share` of the calls, evenly spread. */
export function evenly(share: number): () => boolean {
  let owed = 0;
  return () => {
    owed += share;
    if (owed < 1 - 1e-9) return false;
    owed -= 1;
    return true;
  };
}

/** Renames (or, for an empty name, drops) a field everywhere in a JSON value. */
export function renameField(value: unknown, field: string, becomes: string): unknown {
  if (Array.isArray(value)) return value.map((item) => renameField(item, field, becomes));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => {
      const next = renameField(inner, field, becomes);
      if (name !== field) return [[name, next]];
      return becomes === '' ? [] : [[becomes, next]];
    }),
  );
}
