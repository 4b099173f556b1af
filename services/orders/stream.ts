import { setTimeout as after } from 'node:timers/promises';

/** What comes of a client's stream while the instance may leave: its items, once `leaving`, and `over` if it did not end in time after that. */
export type Incoming<T> =
  | { readonly kind: 'item'; readonly item: T }
  | { readonly kind: 'leaving' }
  | { readonly kind: 'over' };

/** Reads `items` to their end; when `leaving` aborts, says so once and reads on for at most `graceMs`. */
export async function* untilLeaving<T>(
  items: AsyncIterable<T>,
  leaving: AbortSignal,
  graceMs: number,
): AsyncGenerator<Incoming<T>> {
  const incoming = items[Symbol.asyncIterator]();
  const stop = new AbortController();
  let interruption: Promise<'leaving' | 'over'> = aborted(leaving, stop.signal).then(() => 'leaving' as const);
  let next = incoming.next();
  try {
    while (true) {
      const got = await Promise.race([next, interruption]);
      if (got === 'over') {
        // The client may still send, and its end is of no interest any more.
        next.catch(() => undefined);
        yield { kind: 'over' };
        return;
      }
      if (got === 'leaving') {
        interruption = after(graceMs, 'over' as const, { signal: stop.signal, ref: false }).catch(
          () => 'over' as const,
        );
        yield { kind: 'leaving' };
        continue;
      }
      if (got.done) return;
      yield { kind: 'item', item: got.value };
      next = incoming.next();
    }
  } finally {
    stop.abort();
  }
}

/** A stream's time here. */
export interface StreamLife extends Disposable {
  /** Aborts when the stream must end: the instance leaves, or the stream has come of age. */
  readonly leaving: AbortSignal;
}

/** Ends with the instance or after `ageMs`, so that a long stream comes to follow the weights of its route. Dispose of it when the stream ends. */
export function lifeOf(draining: AbortSignal, ageMs: number): StreamLife {
  const over = new AbortController();
  const end = () => over.abort();
  const timer = setTimeout(end, ageMs).unref();
  if (draining.aborted) end();
  else draining.addEventListener('abort', end, { once: true });
  return {
    leaving: over.signal,
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      draining.removeEventListener('abort', end);
    },
  };
}

/** Resolves with `work` or when the signal aborts, whichever is first. */
export async function abortedOr(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const stop = new AbortController();
  await Promise.race([work, aborted(signal, stop.signal)]);
  stop.abort();
}

function aborted(signal: AbortSignal, stop: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true, signal: stop }));
}
