import { describe, expect, it } from 'vitest';
import { createTestClock, eventually } from '../local/test-clock.ts';
import { createQueue } from './queue.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('createQueue', () => {
  it('coalesces requests and never runs a key beside itself', async () => {
    let running = 0;
    let runs = 0;
    let open = Promise.withResolvers<void>();
    const queue = createQueue({
      clock: createTestClock(),
      async work() {
        runs += 1;
        running += 1;
        expect(running).toBe(1);
        await open.promise;
        running -= 1;
        return undefined;
      },
      onError: (_key, error) => {
        throw error;
      },
    });
    for (let index = 0; index < 10; index += 1) queue.add('a');
    await turn();
    for (let index = 0; index < 10; index += 1) queue.add('a');
    await turn();
    expect(runs).toBe(1);
    open.resolve();
    open = Promise.withResolvers<void>();
    open.resolve();
    await eventually('the second run', () => runs === 2 && running === 0);
    await queue.stop();
    expect(runs).toBe(2);
  });

  it('repeats a failed run with a growing delay, other keys go on, and success resets it', async () => {
    const clock = createTestClock();
    const delays: number[] = [];
    const seen: string[] = [];
    const queue = createQueue({
      clock,
      work(key) {
        seen.push(key);
        if (key === 'bad' && delays.length < 3) throw new Error('no');
        return undefined;
      },
      onError: (_key, _error, retryMs) => delays.push(retryMs),
    });
    queue.add('bad');
    queue.add('good');
    for (const advance of [0, 10, 20, 40]) {
      clock.advance(advance);
      await turn();
      await turn();
    }
    expect(delays).toEqual([10, 20, 40]);
    expect(seen.filter((key) => key === 'bad')).toHaveLength(4);
    expect(seen).toContain('good');
    await queue.stop();
  });

  it('runs again when asked to, and nothing after stop', async () => {
    const clock = createTestClock();
    let runs = 0;
    const queue = createQueue({
      clock,
      work() {
        runs += 1;
        return 500;
      },
      onError: (_key, error) => {
        throw error;
      },
    });
    queue.add('a');
    await turn();
    clock.advance(500);
    await turn();
    expect(runs).toBe(2);
    await queue.stop();
    clock.advance(5000);
    await turn();
    expect(runs).toBe(2);
  });
});
