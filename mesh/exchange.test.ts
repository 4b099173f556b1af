import { expect, test } from 'vitest';
import { type ExchangeService, exchangeIntent } from './exchange.ts';
import { edgesOf } from './intent.ts';
import { validateIntent } from './validate.ts';

const services: ExchangeService[] = [
  { name: 'accounts', protocol: 'http', port: 8080, providers: ['identity'], database: 'accounts' },
  { name: 'identity', protocol: 'http', port: 8080, providers: [] },
  { name: 'orders', protocol: 'grpc', port: 8080, providers: ['identity', 'accounts'], database: 'orders' },
  { name: 'portfolio', protocol: 'http', port: 8080, providers: ['identity', 'accounts', 'orders'] },
];
const split = {
  accounts: { '1.4.0': 100 },
  identity: { '1.0.0': 100 },
  orders: { '1.4.0': 90, '2.0.0': 10 },
  portfolio: { '1.4.0': 1 },
};

test('who calls whom in the exchange', () => {
  const intent = exchangeIntent(services, split);
  expect(validateIntent(intent)).toEqual([]);
  expect(
    edgesOf(intent)
      .map(({ provider, caller }) => `${caller} -> ${provider.name}`)
      .sort(),
  ).toEqual([
    'accounts -> identity',
    'accounts -> postgres',
    'edge -> accounts',
    'edge -> identity',
    'edge -> orders',
    'edge -> portfolio',
    'orders -> accounts',
    'orders -> identity',
    'orders -> postgres',
    'portfolio -> accounts',
    'portfolio -> identity',
    'portfolio -> orders',
  ]);
});

test('weights are those of the plan; retries are off; streams of gRPC have no time-out', () => {
  const { services: made } = exchangeIntent(services, split);
  const orders = made.find(({ name }) => name === 'orders');
  expect(orders?.split).toEqual({ '1.4.0': 90, '2.0.0': 10 });
  expect(orders?.timeoutMs).toBeUndefined();
  expect(made.every(({ retry }) => retry === undefined)).toBe(true);
});

test('a service that the plan leaves out is neither there nor a caller', () => {
  const { portfolio: _, ...rest } = split;
  const intent = exchangeIntent(services, rest);
  expect(JSON.stringify(intent)).not.toContain('portfolio');
  expect(validateIntent(intent)).toEqual([]);
});
