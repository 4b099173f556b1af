import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import type { EvidenceTarget } from './source.ts';
import { totalsEvidence } from './totals-evidence.ts';

const target: EvidenceTarget = {
  namespace: 'n',
  service: 's',
  port: 8080,
  protocol: 'http',
  stable: '1.0.0',
  candidate: '2.0.0',
  counters: [],
  gauges: [],
};

test('what is read is what came since; a count that fell began anew; no answer is missing', async () => {
  let answer: (release: string) => object = () => ({ requests: 10, failures: 1 });
  const server = createServer((ask, response) => {
    const release = new URL(ask.url ?? '', 'http://x').searchParams.get('release') ?? '';
    response.end(JSON.stringify(answer(release)));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const source = totalsEvidence(`http://127.0.0.1:${(server.address() as AddressInfo).port}/totals`);
  const reader = source.open(target);
  expect(await reader.read()).toMatchObject({ kind: 'counts', stable: { requests: 0 }, candidate: { requests: 0 } });
  answer = (release) => (release === '1.0.0' ? { requests: 25, failures: 1 } : { requests: 4, failures: 2 });
  expect(await reader.read()).toMatchObject({
    stable: { requests: 15, failures: 0 },
    candidate: { requests: 4, failures: 1 },
  });
  expect(await source.preflight(target)).toEqual([]);
  const lag = { ...target, gauges: ['consumer_lag'] };
  expect(await source.open(lag).read()).toMatchObject({ reason: 'totals of 2.0.0 have no consumer_lag' });
  expect(await source.preflight(lag)).toHaveLength(1);
  answer = () => ({ requests: 'many' });
  expect(await reader.read()).toMatchObject({ kind: 'missing', reason: expect.stringContaining('requests') });
  server.close();
  server.closeAllConnections();
  expect(await reader.read()).toMatchObject({ kind: 'missing' });
  expect(await source.preflight(target)).toHaveLength(1);
});
