import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { adjusted, evenly, faultOf, renameField } from './rehearsal.ts';

test('a share hits evenly', () => {
  const hits = evenly(0.2);
  const seen = Array.from({ length: 20 }, () => hits());
  expect(seen.flatMap((hit, index) => (hit ? [index] : []))).toEqual([4, 9, 14, 19]);
  const thirds = evenly(1 / 3);
  expect(Array.from({ length: 3_000 }, () => thirds()).filter(Boolean)).toHaveLength(1_000);
});

test('the environment changes the share of a fault or the time of a crash, and nothing else', () => {
  const errors = faultOf('accounts', '2.1.0-errors');
  expect(adjusted(errors, {})).toEqual(errors);
  expect(adjusted(errors, { FAULT_SHARE: 0.05, FAULT_CRASH_AFTER_MS: 1 })).toEqual({ kind: 'errors', share: 0.05 });
  const crash = faultOf('accounts', '2.1.0-crash');
  expect(adjusted(crash, { FAULT_SHARE: 0.05, FAULT_CRASH_AFTER_MS: 1 })).toEqual({ kind: 'crash', afterMs: 1 });
  const broken = faultOf('accounts', '2.1.0-breaks-v1');
  expect(adjusted(broken, { FAULT_SHARE: 0.05 })).toEqual(broken);
});

test('a field is renamed or dropped wherever it is', () => {
  expect(renameField({ balance: 1, list: [{ balance: 2, id: 'a' }] }, 'balance', 'amount')).toEqual({
    amount: 1,
    list: [{ amount: 2, id: 'a' }],
  });
  expect(renameField({ id: 'a', orders: [{ id: 'b', side: 'BUY' }] }, 'id', '')).toEqual({ orders: [{ side: 'BUY' }] });
});

test.each(['identity', 'accounts', 'orders', 'portfolio'])(
  '%s has an entry for each release that it lists, and no other',
  async (service) => {
    const folder = new URL(`../${service}/`, import.meta.url);
    const { releases } = JSON.parse(await readFile(new URL('service.json', folder), 'utf8'));
    const entries = (await readdir(new URL('releases/', folder))).map((file) => file.replace(/\.ts$/, ''));
    expect(entries.sort()).toEqual(Object.keys(releases).sort());
  },
);
