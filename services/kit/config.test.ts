import { expect, test } from 'vitest';
import type * as z from 'zod';
import { kitSettings, providerUrl, readSettings } from './config.ts';

test('defaults are those of docs/architecture.md', () => {
  expect(readSettings(kitSettings, { PORT: '' })).toMatchObject({
    PORT: 8080,
    ADMIN_PORT: 9090,
    DRAIN_DELAY_MS: 0,
    LOG_LEVEL: 'info',
  });
});

test('names every variable that is missing or wrong, at once', () => {
  const shape = kitSettings.extend({ ACCOUNTS_URL: providerUrl, ORDERS_URL: providerUrl });
  const read = () =>
    readSettings(shape as z.ZodType, {
      PORT: '99999',
      LOG_LEVEL: 'loud',
      ORDERS_URL: 'orders:8080',
      DRAIN_DELAY_MS: '1s',
    });
  expect(read).toThrow(
    /PORT is wrong[\s\S]*LOG_LEVEL is wrong: one of debug[\s\S]*DRAIN_DELAY_MS is wrong: whole milliseconds/,
  );
  expect(read).toThrow(/ACCOUNTS_URL is not set: expected an http\(s\) URL/);
  expect(read).toThrow(/ORDERS_URL is wrong/);
});
