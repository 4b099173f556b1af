import { expect, test } from 'vitest';
import type { Reading } from '../core/evidence.ts';
import type { EvidenceSource, EvidenceTarget } from './source.ts';
import { type CounterSource, withCounters } from './with-counters.ts';

const target: EvidenceTarget = {
  ...{ namespace: 'exchange', service: 'notifications', port: 8080, protocol: 'http' },
  ...{ stable: '1.4.0', candidate: '2.0.0', counters: ['dead_letters', 'body'], gauges: ['consumer_lag'] },
};
const seen: Reading = {
  kind: 'counts',
  stable: { requests: 9, failures: 0 },
  candidate: { requests: 1, failures: 0 },
  examples: [],
};
/** A source whose readings are these. */
const source = (reading: Reading): EvidenceSource => ({
  name: 'sidecars',
  open: () => ({ read: async () => reading, close: () => undefined }),
  preflight: async () => [],
  close: async () => undefined,
});
const broker: CounterSource = {
  name: 'broker',
  hint: 'A queue is named by an annotation.',
  provides: ({ service }) => (service === 'notifications' ? ['dead_letters', 'consumer_lag'] : []),
  open: () => ({
    read: async () => ({
      kind: 'counts',
      counters: { dead_letters: { events: 1, occasions: 20 } },
      gauges: { consumer_lag: 7 },
    }),
    close: () => undefined,
  }),
  preflight: async () => [],
  close: async () => undefined,
};

test('counters and gauges of a broker are the candidate’s', async () => {
  const reading = await withCounters(source(seen), [broker]).open(target).read();
  expect(reading).toEqual({
    ...seen,
    candidate: {
      ...{ requests: 1, failures: 0 },
      counters: { dead_letters: { events: 1, occasions: 20 } },
      gauges: { consumer_lag: 7 },
    },
  });
});

test('a counter that nobody knows is missing by name; those of calls are the controller’s', async () => {
  const alone = withCounters(source(seen), [broker]);
  const other = { ...target, service: 'accounts', gauges: [] };
  expect(await alone.open(other).read()).toMatchObject({
    kind: 'missing',
    reason: 'nobody counts dead_letters of accounts',
  });
  expect((await alone.preflight(other)).map(({ what }) => what)).toEqual(['nobody counts dead_letters of accounts']);
  expect(await alone.preflight(target)).toEqual([]);
});

test('what has to be there for a counter is said', async () => {
  const other = { ...target, service: 'accounts' };
  const hintOf = async (others: readonly CounterSource[]) => {
    const reading = await withCounters(source(seen), others).open(other).read();
    return reading.kind === 'missing' ? reading.hint : reading.kind;
  };
  expect(await hintOf([broker])).toBe('Counters that are known for it: body. A queue is named by an annotation.');
  expect(await hintOf([])).toContain('started with --rabbitmq URL');
});

test('a source that gets to know a service later is read from then on', async () => {
  let known = false;
  const late: CounterSource = { ...broker, provides: (asked) => (known ? broker.provides(asked) : []) };
  const reader = withCounters(source(seen), [late]).open(target);
  expect(await reader.read()).toMatchObject({ kind: 'missing', reason: 'nobody counts dead_letters of notifications' });
  known = true;
  expect(await reader.read()).toMatchObject({ candidate: { counters: { dead_letters: { events: 1 } } } });
});

test('what one source misses, all miss', async () => {
  const missing: Reading = { kind: 'missing', reason: 'no sidecar', hint: '' };
  expect(await withCounters(source(missing), [broker]).open(target).read()).toEqual(missing);
});
