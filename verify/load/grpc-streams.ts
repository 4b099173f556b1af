import { releaseHeader } from '../../mesh/release-header.ts';
import type { Caller, EdgeTarget, KindLoad } from './caller.ts';
import { callTimeoutMs, checkOrder, type GrpcExchange, grpcFailure, openGrpcExchange, orderRequest } from './grpc.ts';
import { failed, type Outcome, ok, wrong } from './outcome.ts';
import type { Tally } from './report.ts';
import { SequenceWatch } from './sequence.ts';

/** Orders in one client or bidirectional stream, and changes in one watch. */
const messagesPerStream = 5;

/** How often a stream may be resumed because its instance leaves before that counts as a failure. */
const maxResumes = 5;

interface StreamCall {
  readonly release: () => string | undefined;
  options(): Promise<{
    headers: Headers;
    timeoutMs: number;
    signal: AbortSignal;
    onHeader: (headers: Headers) => void;
  }>;
}

function streamCall(exchange: GrpcExchange, signal: AbortSignal): StreamCall {
  let release: string | undefined;
  return {
    release: () => release,
    options: async () => ({
      headers: await exchange.headers(),
      timeoutMs: callTimeoutMs,
      signal,
      onHeader: (headers) => {
        release = headers.get(releaseHeader) ?? undefined;
      },
    }),
  };
}

/** Runs one numbered stream and turns what it throws into its outcome. */
function streaming(exchange: GrpcExchange, run: (number: number, call: StreamCall) => Promise<Outcome>): Caller {
  return {
    async call(number, signal) {
      const call = streamCall(exchange, signal);
      try {
        return await run(number, call);
      } catch (error) {
        return grpcFailure(error, call.release());
      }
    },
    close: exchange.close,
  };
}

/**
 * WatchOrders from the beginning of an account that has `messagesPerStream` orders: each sequence must come once and in order.
 * After GoingAway it goes on behind the last one, as the contract says.
 */
export async function openServerStream(load: KindLoad, target: EdgeTarget, tally: Tally): Promise<Caller> {
  const exchange = await openGrpcExchange(load, target);
  try {
    for (let number = 1; number <= messagesPerStream; number++) {
      await exchange
        .client()
        .placeOrder(orderRequest(exchange.accountId, `seed-${number}`), { headers: await exchange.headers() });
    }
  } catch (error) {
    await exchange.close();
    throw error;
  }
  return streaming(exchange, async (_number, call) => {
    const watch = new SequenceWatch();
    for (let resumed = 0; resumed <= maxResumes; resumed++) {
      const goingAway = await readWatch(exchange, call, watch);
      if (goingAway && watch.count < messagesPerStream) continue;
      tally.stream({ ...watch.report(), resumed });
      if (watch.count < messagesPerStream)
        return failed('stream ended early', `${watch.count} of ${messagesPerStream} changes came`, call.release());
      return watch.whole ? ok(call.release()) : wrong(watch.describe(), call.release());
    }
    return failed('going away', `the server went away ${maxResumes} times in a row`, call.release());
  });
}

/** Reads until enough changes came; true when the server said that it goes away. */
async function readWatch(exchange: GrpcExchange, call: StreamCall, watch: SequenceWatch): Promise<boolean> {
  const request = { accountId: exchange.accountId, afterSequence: watch.last };
  const enough = new AbortController();
  const options = await call.options();
  const signal = AbortSignal.any([options.signal, enough.signal]);
  try {
    for await (const { event } of exchange.client().watchOrders(request, { ...options, signal })) {
      if (event.case === 'goingAway') return true;
      if (event.case === 'order') watch.see(event.value.sequence);
      if (watch.count >= messagesPerStream) return false;
    }
    return false;
  } finally {
    enough.abort();
  }
}

/** PlaceBatch of a few orders; those that an instance which leaves did not take are sent again, as the contract says. */
export async function openClientStream(load: KindLoad, target: EdgeTarget, tally: Tally): Promise<Caller> {
  const exchange = await openGrpcExchange(load, target);
  return streaming(exchange, async (number, call) => {
    let open = orderIds(`batch-${exchange.run}`, number);
    for (let resumed = 0; resumed <= maxResumes; resumed++) {
      const answer = await exchange.client().placeBatch(batch(exchange, open), await call.options());
      for (const order of answer.orders) {
        const outcome = checkOrder(order, order.clientOrderId, exchange.accountId, call.release());
        if (outcome.kind !== 'ok' || !open.includes(order.clientOrderId))
          return outcome.kind === 'ok'
            ? wrong(`an order that was not sent: ${order.clientOrderId}`, call.release())
            : outcome;
        open = open.filter((id) => id !== order.clientOrderId);
      }
      tally.stream({ messages: answer.orders.length, resumed: answer.complete ? 0 : 1 });
      const [rejection] = answer.rejections;
      if (rejection) return failed(`rejected ${rejection.code}`, rejection.message, call.release());
      if (open.length === 0) return ok(call.release());
      if (answer.complete) return wrong(`no answer to ${open.join(', ')}`, call.release());
    }
    return failed('going away', `the server went away ${maxResumes} times in a row`, call.release());
  });
}

async function* batch(exchange: GrpcExchange, ids: readonly string[]) {
  for (const id of ids) yield { order: orderRequest(exchange.accountId, id) };
}

/** Trade: one order at a time and its answer, in order; after GoingAway what has no answer goes on a new stream. */
export async function openBidi(load: KindLoad, target: EdgeTarget, tally: Tally): Promise<Caller> {
  const exchange = await openGrpcExchange(load, target);
  return streaming(exchange, async (number, call) => {
    const open = orderIds(`trade-${exchange.run}`, number);
    for (let resumed = 0; resumed <= maxResumes; resumed++) {
      const before = open.length;
      const outcome = await tradeOn(exchange, call, open);
      tally.stream({ messages: before - open.length, resumed: outcome === 'going away' ? 1 : 0 });
      if (outcome !== 'going away') return outcome;
      if (open.length === 0) return ok(call.release());
    }
    return failed('going away', `the server went away ${maxResumes} times in a row`, call.release());
  });
}

/** Takes from `open` what has been answered. */
async function tradeOn(exchange: GrpcExchange, call: StreamCall, open: string[]): Promise<Outcome | 'going away'> {
  const turns = new Turns();
  const requests = turns.requests(open, (id) => ({ place: orderRequest(exchange.accountId, id) }));
  try {
    for await (const { event } of exchange.client().trade(requests, await call.options())) {
      if (event.case === 'goingAway') return 'going away';
      if (event.case === 'rejection')
        return failed(`rejected ${event.value.code}`, event.value.message, call.release());
      const [expected = 'none'] = open;
      const outcome = checkOrder(event.value, expected, exchange.accountId, call.release());
      if (outcome.kind !== 'ok') return outcome;
      open.shift();
      turns.next();
    }
  } finally {
    turns.end();
  }
  return open.length === 0
    ? ok(call.release())
    : failed('stream ended early', `no answer to ${open.join(', ')}`, call.release());
}

/** Lets one request out each time its turn comes. */
class Turns {
  #ended = false;
  #wake: () => void = () => {};

  next(): void {
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *requests<T>(ids: readonly string[], make: (id: string) => T): AsyncGenerator<T> {
    for (const id of [...ids]) {
      if (this.#ended) return;
      const turn = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      yield make(id);
      if (!this.#ended) await turn;
    }
  }
}

function orderIds(prefix: string, number: number): string[] {
  return Array.from({ length: messagesPerStream }, (_, index) => `${prefix}-${number}-${index + 1}`);
}
