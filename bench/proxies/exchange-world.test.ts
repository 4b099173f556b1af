import { expect, test } from 'vitest';
import { exchangeWorld, podOf } from './exchange-world.ts';

test('the rendered exchange has ready Pods behind its Services, enough for twenty sidecars', () => {
  const world = exchangeWorld(4);
  expect(world.pods.size).toBeGreaterThanOrEqual(20);
  const accounts = world.services.get('exchange/accounts');
  expect(accounts?.ports[0]?.endpoints).toHaveLength(4);
  expect(podOf(world, 'portfolio').sockets).toBe(true);
});

test('a service that is not there is named', () => {
  expect(() => podOf(exchangeWorld(1), 'nobody')).toThrow('no Pod of nobody in the mesh');
});
