import { expect, test } from 'vitest';
import { recordedRoutes } from './recorded.ts';
import { routeInForce } from './routes.ts';

const routes = recordedRoutes();
const look = (caller: 'portfolio' | 'edge', recordedAt: string, service: string, weights: Record<string, number>) =>
  routeInForce(
    routes.get(`${caller} ${recordedAt}`) ?? '',
    { namespace: 'exchange', service, port: 8080, weights },
    caller === 'edge' ? 'gateway' : 'sidecar',
  );

/** accounts is an HTTPRoute, orders a GRPCRoute; orders had 30 to 10 when accounts had 90 to 10. */
const settings = [
  { at: 'w100-0', accounts: { '1.4.0': 100, '2.0.0': 0 }, orders: { '1.4.0': 100, '2.0.0': 0 } },
  { at: 'w90-10', accounts: { '1.4.0': 90, '2.0.0': 10 }, orders: { '1.4.0': 30, '2.0.0': 10 } },
  { at: 'w0-100', accounts: { '1.4.0': 0, '2.0.0': 100 }, orders: { '1.4.0': 0, '2.0.0': 1 } },
] as const;

for (const caller of ['portfolio', 'edge'] as const) {
  for (const service of ['accounts', 'orders'] as const) {
    test(`${caller} -> ${service}: each recorded setting is in force, and none of the others`, () => {
      for (const { at } of settings) {
        for (const wanted of settings) {
          const missing = look(caller, at, service, wanted[service]);
          if (wanted.at === at) expect(missing, `${at} at ${at}`).toBeUndefined();
          else expect(missing, `${wanted.at} at ${at}`).toMatch(`${service} has `);
        }
      }
    });
  }
}

test('proportions count, releases that are not listed have none', () => {
  expect(look('edge', 'w90-10', 'accounts', { '1.4.0': 9, '2.0.0': 1 })).toBeUndefined();
  expect(look('edge', 'w100-0', 'accounts', { '1.4.0': 1 })).toBeUndefined();
  expect(look('edge', 'w90-10', 'accounts', { '1.4.0': 90 })).toBe(
    'accounts has 1.4.0=90 accounts-2-0-0=10, wanted 1.4.0=90',
  );
});

test('a service that the proxy does not know is missing', () => {
  expect(look('portfolio', 'w100-0', 'quotes', { '1.0.0': 1 })).toBe('no route to quotes');
  expect(routeInForce('{}', { namespace: 'exchange', service: 'accounts', port: 8080, weights: {} }, 'sidecar')).toBe(
    'no route to accounts',
  );
});

test('a route that matches a header goes its own way', () => {
  const text = routes.get('portfolio w100-0') ?? '';
  const dump = JSON.parse(text) as {
    configs: { route_config: { virtual_hosts: { name: string; routes: object[] }[] } }[];
  };
  const host = dump.configs[0]?.route_config.virtual_hosts.find(({ name }) => name.startsWith('accounts.'));
  const own = {
    match: { prefix: '/', headers: [{ name: 'x-release', string_match: { exact: '2.0.0' } }] },
    route: { cluster: 'outbound|8080||accounts-2-0-0.exchange.svc.cluster.local' },
  };
  host?.routes.unshift(own);
  const wanted = { namespace: 'exchange', service: 'accounts', port: 8080, weights: { '1.4.0': 1, '2.0.0': 0 } };
  expect(routeInForce(JSON.stringify(dump), wanted, 'sidecar')).toBeUndefined();
});
