import type { MessageShape } from '@bufbuild/protobuf';
import { type Client, Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { releaseHeader } from '../../mesh/release-header.ts';
import {
  type OrderSchema,
  OrderService,
  Side,
} from '../../services/orders/contract/gen/exchange/orders/v1/orders_pb.js';
import type { Caller, EdgeTarget, KindLoad } from './caller.ts';
import { openHttpExchange } from './http-exchange.ts';
import { failed, failureOf, type Outcome, ok, wrong } from './outcome.ts';
import { openAccount, runId } from './rest.ts';

export type Order = MessageShape<typeof OrderSchema>;

/** gRPC calls (orders, contract v1) over a fixed number of HTTP/2 connections, taken in turn; nothing is tried again. */
export interface GrpcExchange {
  readonly accountId: string;
  /** For order ids of this run. */
  readonly run: string;
  /** The client of the connection whose turn it is. */
  client(): Client<typeof OrderService>;
  /** Metadata of a call: the token. */
  headers(): Promise<Headers>;
  close(): Promise<void>;
}

/** Longer than any call but a watch may take. */
export const callTimeoutMs = 30_000;

/** Opens the connections, and an account to place orders for. */
export async function openGrpcExchange(load: KindLoad, target: EdgeTarget): Promise<GrpcExchange> {
  const http = openHttpExchange(target, 1);
  const { id: accountId } = await openAccount(http, load.kind).finally(() => http.close());
  const managers = Array.from({ length: load.connections }, () => sessionManager(target));
  const clients = managers.map((sessionManager) =>
    createClient(OrderService, createGrpcTransport({ baseUrl: target.url, sessionManager })),
  );
  let turn = 0;
  return {
    accountId,
    run: runId(),
    client() {
      const client = clients[turn++ % clients.length];
      if (!client) throw new RangeError('connections must be 1 or more');
      return client;
    },
    headers: async () => new Headers({ authorization: `Bearer ${await target.token()}` }),
    close: async () => {
      for (const manager of managers) manager.abort();
    },
  };
}

function sessionManager(target: EdgeTarget): Http2SessionManager {
  return new Http2SessionManager(target.url, {}, target.authorityPem ? { ca: target.authorityPem } : undefined);
}

/** One PlaceOrder per request, each with an order id of its own. */
export async function openUnary(load: KindLoad, target: EdgeTarget): Promise<Caller> {
  const exchange = await openGrpcExchange(load, target);
  return {
    async call(number, signal) {
      const wanted = orderRequest(exchange.accountId, `unary-${exchange.run}-${number}`);
      let release: string | undefined;
      try {
        const { order } = await exchange.client().placeOrder(wanted, {
          headers: await exchange.headers(),
          timeoutMs: callTimeoutMs,
          signal,
          onHeader: (headers) => {
            release = headers.get(releaseHeader) ?? undefined;
          },
        });
        return checkOrder(order, wanted.clientOrderId, exchange.accountId, release);
      } catch (error) {
        return grpcFailure(error, release);
      }
    },
    close: exchange.close,
  };
}

export function orderRequest(accountId: string, clientOrderId: string) {
  return { accountId, clientOrderId, instrument: 'ACME', side: Side.BUY, quantity: 1n };
}

/** Whether an answer is the order that was placed, as contract v1 promises it. */
export function checkOrder(
  order: Order | undefined,
  clientOrderId: string,
  accountId: string,
  release: string | undefined,
): Outcome {
  if (!order) return wrong('an answer without an order', release);
  const right =
    order.id !== '' &&
    order.clientOrderId === clientOrderId &&
    order.accountId === accountId &&
    order.instrument === 'ACME' &&
    order.quantity === 1n &&
    order.sequence > 0n;
  return right ? ok(release) : wrong(`not order ${clientOrderId}: ${describeOrder(order)}`, release);
}

function describeOrder({ id, clientOrderId, accountId, instrument, quantity, sequence }: Order): string {
  return JSON.stringify({ id, clientOrderId, accountId, instrument, quantity: `${quantity}`, sequence: `${sequence}` });
}

/** `grpc unavailable` and the message, for what connect throws. */
export function grpcFailure(error: unknown, release: string | undefined): Outcome {
  if (!(error instanceof ConnectError)) return failureOf(error);
  const from = release ?? error.metadata.get(releaseHeader) ?? undefined;
  const name = Code[error.code].replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();
  return failed(`grpc ${name}`, error.message, from);
}
