import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../kube/clock.ts';
import { rabbitmqCounters } from '../../rollout/evidence/rabbitmq.ts';
import type { EvidenceTarget } from '../../rollout/evidence/source.ts';
import { eventually } from '../eventually.ts';
import { docker } from './container.ts';

/** A real RabbitMQ; messages are sent and taken by its management API. */
const name = `parley-rabbitmq-${process.pid}`;
const image = process.env.PARLEY_TEST_RABBITMQ_IMAGE ?? 'rabbitmq:3.10-management';
const password = 'only-for-this-test';
const authorization = `Basic ${Buffer.from(`exchange:${password}`).toString('base64')}`;
const target: EvidenceTarget = {
  ...{ namespace: 'exchange', service: 'notifications', port: 8080, protocol: 'http' },
  ...{ stable: '1.4.0', candidate: '2.0.0', counters: ['dead_letters'], gauges: ['consumer_lag'] },
};
let url = '';

async function api(method: string, path: string, body?: object): Promise<Response> {
  const headers = { authorization, 'content-type': 'application/json' };
  const response = await fetch(`${url}/api/${path}`, { method, headers, body: body && JSON.stringify(body) });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response;
}
const send = async (count: number) => {
  for (let i = 0; i < count; i += 1) {
    const message = { properties: {}, routing_key: 'orders', payload: `${i}`, payload_encoding: 'string' };
    await api('POST', 'exchanges/%2F/amq.default/publish', message);
  }
};
const take = (count: number, ackmode: 'ack_requeue_false' | 'reject_requeue_false') =>
  api('POST', 'queues/%2F/orders/get', { count, ackmode, encoding: 'auto' });

beforeAll(async () => {
  const environment = ['RABBITMQ_DEFAULT_USER=exchange', `RABBITMQ_DEFAULT_PASS=${password}`];
  await docker([
    ...['run', '--detach', '--rm', '--name', name, '--memory', '1g', '--publish', '127.0.0.1::15672'],
    ...environment.flatMap((variable) => ['--env', variable]),
    image,
  ]);
  const { stdout } = await docker(['port', name, '15672']);
  url = `http://${stdout.trim().split('\n')[0]}`;
  await eventually('the broker answers', 120_000, async () => (await api('GET', 'overview')).ok);
  await api('PUT', 'queues/%2F/orders.dead', { durable: true });
  const dead = { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'orders.dead' };
  await api('PUT', 'queues/%2F/orders', { durable: true, arguments: dead });
  await api('PUT', 'queues/%2F/plain', { durable: true });
});
afterAll(async () => {
  await docker(['rm', '--force', '--volumes', name]);
});

const counters = (queue: string | undefined) =>
  rabbitmqCounters({ url, user: 'exchange', password, clock: systemClock, queueOf: () => queue });

test('dead letters are counted among deliveries, and what waits is shown', async () => {
  await send(3);
  await take(3, 'reject_requeue_false');
  const source = counters('orders');
  const dead = async () =>
    ((await (await api('GET', 'queues/%2F/orders.dead')).json()) as { messages?: number }).messages;
  await eventually('earlier dead letters are there', 20_000, dead, (messages) => messages === 3);
  const stats = async () => (await (await api('GET', 'queues/%2F/orders')).json()).message_stats?.deliver_get;
  await eventually('earlier deliveries are counted', 20_000, stats, (delivered) => delivered === 3);
  const reader = source.open(target);
  const sums = { events: 0, occasions: 0, lag: -1 };
  const read = async () => {
    const counted = await reader.read();
    if (counted.kind === 'missing') throw new Error(counted.reason);
    sums.events += counted.counters.dead_letters?.events ?? 0;
    sums.occasions += counted.counters.dead_letters?.occasions ?? 0;
    sums.lag = counted.gauges.consumer_lag ?? sums.lag;
    return { ...sums };
  };
  expect(await read()).toEqual({ events: 0, occasions: 0, lag: 0 });
  await send(10);
  await take(6, 'ack_requeue_false');
  await take(2, 'reject_requeue_false');
  await eventually(
    'all is counted',
    30_000,
    read,
    ({ events, occasions, lag }) => events >= 2 && occasions >= 8 && lag === 2,
  );
  expect(await read()).toEqual({ events: 2, occasions: 8, lag: 2 });
  expect(await source.preflight(target)).toEqual([]);
  reader.close();
});

test('a queue that is not there, or has no dead letters, is named', async () => {
  const [absent] = await counters('nowhere').preflight(target);
  expect(absent).toMatchObject({ what: 'RabbitMQ has no queue nowhere in virtual host /' });
  expect(await counters('plain').open(target).read()).toMatchObject({
    kind: 'missing',
    reason: 'the queue of notifications has no dead-letter queue that could be counted',
  });
  expect(counters(undefined).provides(target)).toEqual([]);
  const wrong = rabbitmqCounters({
    url,
    user: 'exchange',
    password: 'wrong',
    clock: systemClock,
    queueOf: () => 'orders',
  });
  const [refused] = await wrong.preflight(target);
  expect(refused?.what).toContain('answered 401');
});
