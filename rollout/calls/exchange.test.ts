import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { catalogue } from '../../charts/catalogue-sample.ts';
import { systemClock } from '../../kube/clock.ts';
import { eventually } from '../../local/test-clock.ts';
import { rolloutHeaderValue } from '../../mesh/rollout-header.ts';
import { accounts } from '../../services/accounts/service.ts';
import { faultOf, type Rehearsal, type RehearsedService } from '../../services/kit/rehearsal.ts';
import type { Release } from '../../services/kit/service.ts';
import { orders } from '../../services/orders/service.ts';
import { portfolio } from '../../services/portfolio/service.ts';
import { type Running, type StartOptions, testExchange } from '../../services/testing/exchange.ts';
import { type RunningPostgres, startPostgres } from '../../services/testing/postgres.ts';
import { clientSecret, newKey, startIdentity, tokenFor } from '../../services/testing/tokens.ts';
import { callsOf } from './calls-of.ts';
import { type CallTarget, openReleaseCalls, type ReleaseCalls } from './release-calls.ts';
import { startTestEdge, type TestEdge } from './test-edge.ts';

/** The exchange's own services, wrong releases and all, asked by the calls that the catalogue lists for them. */
const stable = '1.4.0';
const uid = 'f00d';
const never = new AbortController().signal;
const starters = {
  accounts: (...given: Given) => exchange.start(accounts, ...given),
  orders: (...given: Given) => exchange.start(orders, ...given),
  portfolio: (...given: Given) => exchange.start(portfolio, ...given),
} as const;
type Given = [Release, StartOptions];

const exchange = await testExchange();
let postgres: RunningPostgres;
let issuer: Running;
let edge: TestEdge;
let calls: ReleaseCalls;
const running: Record<RehearsedService, Map<string, Running>> = {
  accounts: new Map(),
  orders: new Map(),
  portfolio: new Map(),
};

async function start(service: RehearsedService, version: string): Promise<Running> {
  const known = running[service].get(version);
  if (known) return known;
  const release = {
    version,
    contracts: entry(service).releases[version]?.contracts ?? [],
    ...(version.includes('-') ? { fault: faultOf(service, version as Rehearsal) } : {}),
  };
  const provider = (name: 'accounts' | 'orders') => running[name].get(stable)?.socket ?? '';
  const made = await starters[service](release, {
    environment: service === 'portfolio' ? {} : { DATABASE_URL: postgres.urlOf(service) },
    providers: {
      'identity:8080': issuer.socket,
      'postgres:5432': postgres.socket,
      ...(service === 'accounts' ? {} : { 'accounts:8080': provider('accounts') }),
      ...(service === 'portfolio' ? { 'orders:8080': provider('orders') } : {}),
    },
  });
  running[service].set(version, made);
  return made;
}

function entry(service: string) {
  const found = catalogue.find(({ name }) => name === service);
  if (!found) throw new RangeError(`no service ${service}`);
  return found;
}

async function targetOf(service: RehearsedService, candidate: string): Promise<CallTarget> {
  const [old, next] = [await start(service, stable), await start(service, candidate)];
  edge.releases.set(rolloutHeaderValue(uid, stable), old.socket);
  edge.releases.set(rolloutHeaderValue(uid, candidate), next.socket);
  const spec = callsOf(entry(service), [stable, candidate]);
  if (!spec) throw new Error(`${service} has no calls`);
  return { namespace: 'exchange', service, uid, stable, candidate, protocol: entry(service).protocol, spec };
}

beforeAll(async () => {
  [postgres, issuer, edge] = await Promise.all([
    startPostgres(['accounts', 'orders']),
    startIdentity(exchange, [newKey('one')]),
    startTestEdge(),
  ]);
  edge.paths.set('/oauth', issuer.socket);
  for (const service of ['accounts', 'orders', 'portfolio'] as const) await start(service, stable);
  await running.accounts.get(stable)?.send({
    method: 'POST',
    path: '/v1/accounts',
    headers: { authorization: await tokenFor(issuer, 'alice'), 'idempotency-key': 'one' },
    body: { currency: 'EUR' },
  });
  calls = openReleaseCalls({ edge: { url: edge.url }, readSecret, clock: systemClock });
}, 60_000);
afterAll(async () => {
  await calls.close();
  await edge.close();
  await exchange.close();
  expect(await postgres.stop()).toBe(0);
}, 60_000);

/** As `up` makes it: a client that may read, and nothing else. */
async function readSecret(namespace: string, name: string) {
  expect(`${namespace}/${name}`).toBe('exchange/rollout-calls');
  return { 'token-url': `${edge.url}/oauth/token`, 'client-id': 'reader', 'client-secret': clientSecret };
}

/** Drives until the candidate gave so many answers. */
async function driven(by: ReleaseCalls, target: CallTarget, answers = 40) {
  const driving = by.drive({ ...target, spec: { ...target.spec, rate: 200 } });
  const sum = { stable: { events: 0, occasions: 0 }, candidate: { events: 0, occasions: 0 } };
  const whats = new Set<string>();
  const look = () => {
    const reading = driving.read();
    for (const side of ['stable', 'candidate'] as const) {
      sum[side].events += reading[side].events;
      sum[side].occasions += reading[side].occasions;
    }
    for (const { release, what } of reading.examples) whats.add(`${release} ${what}`);
    expect(reading.trouble).toBeUndefined();
    return sum.candidate.occasions >= answers;
  };
  await eventually(`${answers} answers of the candidate`, look, () => sum);
  driving.close();
  return { ...sum, whats: [...whats] };
}

describe.each(['accounts', 'portfolio'] as const)('%s', (service) => {
  const balance = service === 'accounts' ? '/accounts/0/balance' : '/data/me/accounts/0/balance';

  test('a sound release passes', async () => {
    const target = await targetOf(service, '2.0.0');
    expect(await calls.smoke(target, never)).toMatchObject({ result: 'open' });
    const { stable: old, candidate } = await driven(calls, target);
    expect([old.events, candidate.events]).toEqual([0, 0]);
    expect(Math.abs(old.occasions - candidate.occasions)).toBeLessThanOrEqual(8);
  });

  test('a broken contract shuts the gate', async () => {
    expect(await calls.smoke(await targetOf(service, '2.1.0-breaks-v1'), never)).toMatchObject({
      result: 'shut',
      reason: expect.stringContaining(`${balance}: string wanted, absent`),
    });
  });

  test.each(['2.1.0-wrong-body', '2.1.0-errors'])('%s: one answer in five is an event', async (version) => {
    const { stable: old, candidate, whats } = await driven(calls, await targetOf(service, version));
    expect(old.events).toBe(0);
    expect(Math.abs(candidate.events - candidate.occasions / 5)).toBeLessThanOrEqual(2);
    for (const what of whats) expect(what).toMatch(new RegExp(`^${version} (GET|POST) /\\S+: `));
  });
});

test('the calls of both contracts find wrong bodies where both releases serve both', async () => {
  const target = await targetOf('accounts', '2.1.0-wrong-body');
  const spec = callsOf(entry('accounts'), ['2.0.0', '2.1.0-wrong-body']);
  await start('accounts', '2.0.0');
  edge.releases.set(rolloutHeaderValue(uid, '2.0.0'), running.accounts.get('2.0.0')?.socket ?? '');
  if (!spec) throw new Error('no calls');
  const { whats } = await driven(calls, { ...target, stable: '2.0.0', spec });
  expect(whats.map((what) => what.split(': ')[0]).sort()).toEqual(
    expect.arrayContaining(['2.1.0-wrong-body GET /v1/accounts', '2.1.0-wrong-body GET /v2/accounts']),
  );
});

describe('orders', () => {
  /** HTTP/2 is passed on as it comes, to one release. */
  async function passTo(release: Running): Promise<{ url: string; close(): Promise<void> }> {
    const sockets = new Set<Socket>();
    const server = createServer((incoming) => {
      const outgoing = connect(release.socket);
      for (const each of [incoming, outgoing]) sockets.add(each.on('error', () => each.destroy()));
      incoming.pipe(outgoing).pipe(incoming);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new TypeError('no port');
    return {
      url: `http://127.0.0.1:${address.port}`,
      close: async () => {
        for (const each of sockets) each.destroy();
        await once(server.close(), 'close');
      },
    };
  }

  test.each([
    ['2.0.0', 'open'],
    ['1.4.0', 'pending'],
  ])('an answer by %s to a call to 2.0.0: %s', async (answering, result) => {
    const target = await targetOf('orders', '2.0.0');
    const door = await passTo(await start('orders', answering));
    const own = openReleaseCalls({ edge: { url: door.url }, readSecret, clock: systemClock });
    expect(await own.smoke(target, never)).toMatchObject({ result });
    await door.close();
  });

  test('2.1.0-errors: one answer in five is an event', async () => {
    const target = await targetOf('orders', '2.1.0-errors');
    const door = await passTo(await start('orders', '2.1.0-errors'));
    const own = openReleaseCalls({ edge: { url: door.url }, readSecret, clock: systemClock });
    const driving = own.drive({ ...target, spec: { ...target.spec, rate: 200 } });
    const sum = { events: 0, occasions: 0 };
    const look = () => {
      const { candidate } = driving.read();
      sum.events += candidate.events;
      sum.occasions += candidate.occasions;
      return sum.occasions >= 40;
    };
    await eventually('40 answers', look, () => sum);
    // The other half of the calls, meant for the stable release, is answered by the candidate too, and takes part in the fifth.
    expect(sum.events).toBeGreaterThan(0);
    await own.close();
    await door.close();
  });
});
