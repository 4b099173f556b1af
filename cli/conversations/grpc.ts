import { type CallOptions, type Client, createClient } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { releaseHeader } from '../../mesh/release-header.ts';
import { OrderService } from '../../services/orders/contract/gen/exchange/orders/v1/orders_pb.js';
import { orderRequest } from '../../verify/load/grpc.ts';
import { type CallReport, type Notebook, report, type Talk } from './conversation.ts';
import { openAccount } from './http.ts';

const callTimeoutMs = 5000;

interface Trader {
  readonly client: Client<typeof OrderService>;
  readonly accountId: string;
  readonly options: CallOptions;
}

/** PlaceOrder of contract v1. */
export function unary(talk: Talk): Promise<CallReport> {
  return trading(talk, 'grpc-unary', async ({ client, accountId, options }, notes) => {
    const order = say(notes, 'PlaceOrder', orderRequest(accountId, 'try-1'));
    hear(notes, await client.placeOrder(order, options));
  });
}

/** WatchOrders until the first change of an account that has one. */
export function serverStream(talk: Talk): Promise<CallReport> {
  return trading(talk, 'grpc-server-stream', async ({ client, accountId, options }, notes) => {
    await client.placeOrder(orderRequest(accountId, 'try-1'), options);
    const enough = new AbortController();
    const watched = client.watchOrders(say(notes, 'WatchOrders', { accountId, afterSequence: 0n }), {
      ...options,
      signal: enough.signal,
    });
    for await (const answer of watched) {
      hear(notes, answer);
      enough.abort();
      return;
    }
    throw new Error('WatchOrders ended without a change');
  });
}

/** PlaceBatch of three orders. */
export function clientStream(talk: Talk): Promise<CallReport> {
  return trading(talk, 'grpc-client-stream', async ({ client, accountId, options }, notes) => {
    async function* orders() {
      for (const number of [1, 2, 3])
        yield { order: say(notes, 'PlaceBatch', orderRequest(accountId, `try-${number}`)) };
    }
    const answer = await client.placeBatch(orders(), options);
    hear(notes, answer);
    if (answer.orders.length !== 3) throw new Error(`3 orders were sent, ${answer.orders.length} were placed`);
  });
}

/** Trade: two orders, the second when the first is answered. */
export function bidi(talk: Talk): Promise<CallReport> {
  return trading(talk, 'grpc-bidi', async ({ client, accountId, options }, notes) => {
    const firstAnswered = Promise.withResolvers<void>();
    async function* requests() {
      yield { place: say(notes, 'Trade', orderRequest(accountId, 'try-1')) };
      await firstAnswered.promise;
      yield { place: say(notes, 'Trade', orderRequest(accountId, 'try-2')) };
    }
    let answers = 0;
    try {
      for await (const answer of client.trade(requests(), options)) {
        hear(notes, answer);
        answers += 1;
        firstAnswered.resolve();
      }
    } finally {
      firstAnswered.resolve();
    }
    if (answers !== 2) throw new Error(`2 orders were sent, ${answers} answers came`);
  });
}

/** One call on a connection of its own, for an account of its own. */
function trading(
  talk: Talk,
  method: string,
  call: (trader: Trader, notes: Notebook) => Promise<void>,
): Promise<CallReport> {
  return report(method, async (notes) => {
    const quiet: Notebook = { ...notes, say: () => {}, hear: () => {}, answeredBy: () => {} };
    const accountId = await openAccount(talk, quiet);
    const sessionManager = new Http2SessionManager(talk.edge.http);
    const client = createClient(OrderService, createGrpcTransport({ baseUrl: talk.edge.http, sessionManager }));
    let release: string | null = null;
    const options: CallOptions = {
      timeoutMs: callTimeoutMs,
      headers: { authorization: `Bearer ${await talk.token()}`, ...notes.traceHeaders },
      onHeader: (headers) => {
        release = headers.get(releaseHeader);
      },
    };
    try {
      await call({ client, accountId, options }, notes);
      notes.answeredBy('orders', release);
    } finally {
      sessionManager.abort();
    }
  });
}

function say<T>(notes: Notebook, rpc: string, message: T): T {
  notes.say(`${rpc} ${asJson(message)}`);
  return message;
}

function hear(notes: Notebook, message: object): void {
  notes.hear(asJson(message));
}

/** 64-bit numbers as text, as protobuf's own JSON has them; internals of the message left out. */
function asJson(message: unknown): string {
  return JSON.stringify(message, (key, value: unknown) => {
    if (key.startsWith('$')) return undefined;
    return typeof value === 'bigint' ? value.toString() : value;
  });
}
