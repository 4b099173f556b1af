import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../eventually.ts';
import { type Exchange, startExchange } from '../exchange.ts';
import { http } from '../http.ts';

let exchange: Exchange;
beforeAll(async () => {
  exchange = await startExchange();
});
afterAll(() => exchange?.stop());

/** What each part answers when it is the one that was asked for. */
const boards = [
  { board: 'prometheus', path: '/api/v1/query?query=up', says: /"status":"success"/ },
  { board: 'jaeger', path: '/api/services', says: /"data":\[/ },
] as const;

test.each(boards)(
  'parley dashboard $board: its address answers many at a time, and no longer after Ctrl-C',
  async ({ board, path, says }) => {
    const running = exchange.begin('dashboard', board, '-o', 'json');
    const url = await eventually('an address', 60_000, () => {
      const { url: found } = JSON.parse(running.stdout()) as { url: string };
      return found;
    });
    const answers = await Promise.all(Array.from({ length: 8 }, () => http(`${url}${path}`)));
    for (const { status, text } of answers) {
      expect(status).toBe(200);
      expect(text).toMatch(says);
    }
    const ended = once(running.child, 'exit');
    running.child.kill('SIGINT');
    const [code] = await ended;
    expect(code).toBe(0);
    await expect(http(`${url}${path}`)).rejects.toThrow();
  },
);
