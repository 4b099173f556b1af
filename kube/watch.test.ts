import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, expect, test } from 'vitest';
import { createTestClock, eventually, type TestClock } from '../local/test-clock.ts';
import { startInformer } from './informer.ts';
import { openKubeRest } from './rest.ts';
import type { WatchedObject } from './watch.ts';

const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Thing extends WatchedObject {
  readonly color?: string;
}
const thing = (name: string, resourceVersion: string, color?: string): Thing => ({
  metadata: { name, namespace: 'n', resourceVersion },
  color,
});

/** An API of one kind whose watches the test answers by hand. */
async function api() {
  const state = { version: '10', items: [thing('a', '5', 'red')], lists: 0, refuse: false };
  const watches: { readonly url: URL; readonly answer: ServerResponse; readonly ask: IncomingMessage }[] = [];
  const server: Server = createServer((ask, answer) => {
    const url = new URL(ask.url ?? '', 'http://x');
    if (url.pathname === '/apis/g/v1')
      return answer.end(JSON.stringify({ resources: [{ kind: 'Thing', name: 'things', namespaced: true }] }));
    if (state.refuse) return answer.writeHead(503).end('{"message":"not now"}');
    if (url.searchParams.get('watch') !== 'true') {
      state.lists += 1;
      return answer.end(JSON.stringify({ metadata: { resourceVersion: state.version }, items: state.items }));
    }
    answer.flushHeaders();
    watches.push({ url, answer, ask });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  ends.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const config = new KubeConfig();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  config.loadFromClusterAndUser({ name: 'c', server: url, skipTLSVerify: true }, { name: 'u' });
  const rest = await openKubeRest(config);
  ends.push(() => rest.close());
  const say = (type: string, object: object) => watches.at(-1)?.answer.write(`${JSON.stringify({ type, object })}\n`);
  return { state, watches, rest, say };
}

async function start(clock: TestClock) {
  const served = await api();
  const stop = new AbortController();
  const changes: string[] = [];
  const problems: string[] = [];
  const informer = startInformer<Thing>({
    rest: served.rest,
    apiVersion: 'g/v1',
    kind: 'Thing',
    clock,
    signal: stop.signal,
    index: ({ color }) => (color ? [color] : []),
    onChange: (after, before) => changes.push(`${before?.color ?? '-'}>${after?.color ?? '-'}`),
    onProblem: (message) => problems.push(message),
  });
  ends.push(async () => {
    stop.abort();
    await informer.ended;
  });
  await informer.synced;
  await eventually('first watch', () => served.watches.length === 1);
  return { ...served, informer, changes, problems, stop };
}

test('a list, then changes; the index follows; nothing goes back', async () => {
  const { informer, say, changes, watches } = await start(createTestClock());
  expect(watches[0]?.url.searchParams.get('resourceVersion')).toBe('10');
  expect([...informer.by('red')].map(({ metadata }) => metadata.name)).toEqual(['a']);
  say('MODIFIED', thing('a', '12', 'blue'));
  await eventually('blue', () => [...informer.by('blue')].length === 1);
  expect([...informer.by('red')]).toEqual([]);
  informer.put(thing('a', '14', 'green'));
  say('MODIFIED', thing('a', '13', 'old'));
  say('MODIFIED', thing('a', '14', 'green'));
  say('ADDED', thing('b', '15', 'black'));
  await eventually('b', () => informer.get('n', 'b'));
  expect(informer.get('n', 'a')?.color).toBe('green');
  expect(changes).toEqual(['->red', 'red>blue', '->black']);
  say('DELETED', thing('b', '16', 'black'));
  await eventually('b gone', () => !informer.get('n', 'b'));
  informer.put(thing('b', '15', 'late'));
  expect(informer.get('n', 'b')).toBeUndefined();
});

test('a broken connection goes on from the last version, a bookmark counts', async () => {
  const clock = createTestClock();
  const { say, watches, state } = await start(clock);
  say('BOOKMARK', { metadata: { resourceVersion: '99' } });
  watches[0]?.answer.end();
  await eventually('second watch', () => {
    clock.advance(100);
    return watches.length === 2;
  });
  expect(watches[1]?.url.searchParams.get('resourceVersion')).toBe('99');
  expect(state.lists).toBe(1);
});

test('410 lists again and tells what went meanwhile', async () => {
  const clock = createTestClock();
  const { say, informer, watches, state, changes } = await start(clock);
  Object.assign(state, { version: '200', items: [thing('c', '150', 'white')] });
  say('ERROR', { code: 410, message: 'too old', metadata: {} });
  await eventually('second watch', () => {
    clock.advance(100);
    return watches.length === 2;
  });
  expect(informer.get('n', 'a')).toBeUndefined();
  expect(changes).toEqual(['->red', 'red>-', '->white']);
});

test('failures wait longer each time, and are told', async () => {
  const clock = createTestClock();
  const { watches, state, problems, informer } = await start(clock);
  state.refuse = true;
  watches[0]?.answer.destroy();
  await eventually('a problem', () => {
    clock.advance(1);
    return problems.some((text) => text.includes('not now'));
  });
  state.refuse = false;
  await eventually('second watch', () => {
    clock.advance(50);
    return watches.length === 2;
  });
  expect(informer.get('n', 'a')).toBeDefined();
});

test('an aborted watch ends and leaves no connection', async () => {
  const { stop, informer, watches } = await start(createTestClock());
  const socket = watches[0]?.ask.socket;
  stop.abort();
  await informer.ended;
  await eventually('closed socket', () => socket?.destroyed);
});
