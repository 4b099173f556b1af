import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../kube/clock.ts';
import { openKubeRest } from '../../kube/rest.ts';
import { eventually } from '../../tests/eventually.ts';
import { queueAnnotation } from '../evidence/rabbitmq.ts';
import type { EvidenceTarget, Missing } from '../evidence/source.ts';
import { chosenEvidence } from './chosen-evidence.ts';
import type { ProgramOptions } from './options.ts';
import { namespace, testWorld } from './test-world.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const target: EvidenceTarget = {
  ...{ namespace, service: 'notifications', port: 8080, protocol: 'http' },
  ...{ stable: '1.4.0', candidate: '2.0.0', counters: ['dead_letters'], gauges: [] },
};

/** Evidence of sidecars that are not there, in a cluster with the Service `notifications`. */
async function evidence(rabbitmq: ProgramOptions['rabbitmq'], annotations: Record<string, string>) {
  const made = await testWorld();
  ends.push(() => made.close());
  const metadata = { name: 'notifications', namespace, annotations };
  made.store.create({ apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [{ port: 8080 }] } });
  const rest = await openKubeRest(made.config);
  const stop = new AbortController();
  ends.push(() => rest.close());
  ends.push(() => stop.abort());
  const problems: string[] = [];
  const watch = {
    rest,
    clock: systemClock,
    signal: stop.signal,
    onProblem: (problem: string) => problems.push(problem),
  };
  const source = chosenEvidence(
    { evidence: { kind: 'sidecars', at: `${tmpdir()}/nobody-${process.pid}` }, rabbitmq },
    watch,
  );
  ends.push(() => expect(problems).toEqual([]));
  ends.push(() => source.close());
  return source;
}

/** A management API without queues; who asked for what. */
async function emptyBroker() {
  const asked: string[] = [];
  const server = createServer((ask, answer) => {
    asked.push(`${ask.url} ${Buffer.from(ask.headers.authorization?.split(' ')[1] ?? '', 'base64')}`);
    answer.writeHead(404).end('{}');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  ends.push(() => server.close().closeAllConnections());
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const told = (missing: readonly Missing[]) => missing.map(({ what }) => what);

test('the queue that a Service names is asked for at the broker', async () => {
  const { asked, url } = await emptyBroker();
  const source = await evidence({ url, user: 'rollouts', password: 'p' }, { [queueAnnotation]: 'orders' });
  await eventually(
    'RabbitMQ is asked',
    5000,
    async () => told(await source.preflight(target)),
    (all) => all.includes('RabbitMQ has no queue orders in virtual host /'),
  );
  expect(new Set(asked)).toEqual(new Set(['/api/queues/%2F/orders rollouts:p']));
});

test('a counter that nobody counts is named, with a broker and without', async () => {
  const nobody = 'nobody counts dead_letters of notifications';
  expect(told(await (await evidence(undefined, {})).preflight(target))).toContain(nobody);
  const { asked, url } = await emptyBroker();
  const source = await evidence({ url, user: 'rollouts', password: 'p' }, {});
  expect(told(await source.preflight(target))).toContain(nobody);
  expect(asked).toEqual([]);
});
