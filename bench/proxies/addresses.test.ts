import { expect, test } from 'vitest';
import { createAddresses } from './addresses.ts';

test('addresses of one run differ, and lie in one block of loopback', () => {
  const next = createAddresses(4711);
  const addresses = Array.from({ length: 1000 }, next);
  expect(new Set(addresses).size).toBe(1000);
  expect(addresses.every((address) => /^127\.2[2-4]\d\.\d{1,3}\.\d{1,3}$/.test(address))).toBe(true);
  expect(addresses.flatMap((address) => address.split('.').map(Number)).every((part) => part <= 255)).toBe(true);
});

test('two runs at once take different blocks', () => {
  expect(createAddresses(1)()).not.toBe(createAddresses(2)());
});
