import type { ServiceImpl } from '@connectrpc/connect';
import { callKey } from '../kit/grpc-server.ts';
import {
  type Order as OrderMessage,
  type OrderService,
  OrderStatus,
  type PlaceOrderRequest,
  Side as SideEnum,
} from './contract/gen/exchange/orders/v1/orders_pb.js';
import type { Desk, StreamEvent, Wish } from './desk.ts';
import type { Order, Side, Status, UncheckedWish } from './order.ts';
import type { Rejections } from './rejection.ts';

const statuses: Readonly<Record<Status, OrderStatus>> = {
  accepted: OrderStatus.ACCEPTED,
  open: OrderStatus.ACCEPTED,
  filled: OrderStatus.FILLED,
  cancelled: OrderStatus.CANCELLED,
  expired: OrderStatus.CANCELLED,
};

const sides: Readonly<Record<Side, SideEnum>> = { buy: SideEnum.BUY, sell: SideEnum.SELL };

/** Contract v1 by translation: market orders only; a limit order that came by v2 shows without its price. */
export function orderServiceV1(desk: Desk, rejections: Rejections): ServiceImpl<typeof OrderService> {
  return {
    placeOrder: async (request, { values }) => ({
      order: toV1(await desk.place(values.get(callKey), fromV1(request))),
    }),
    listOrders: async ({ accountId, last }, { values }) => ({
      orders: (await desk.list(values.get(callKey), accountId, last)).map(toV1),
    }),
    watchOrders: async function* ({ accountId, afterSequence }, { values }) {
      for await (const event of desk.watch(values.get(callKey), accountId, afterSequence)) {
        if (event.kind === 'order') yield { event: { case: 'order', value: toV1(event.order) } };
        if (event.kind === 'leaving') yield { event: { case: 'goingAway', value: { resumeAfter: event.resumeAfter } } };
      }
    },
    placeBatch: async (requests, { values }) => {
      const call = values.get(callKey);
      const { events, complete } = await desk.batch(
        call,
        wishes(requests, ({ order }) => order),
      );
      const orders = events.flatMap((event) => (event.kind === 'order' ? [toV1(event.order)] : []));
      return { orders, rejections: events.flatMap((event) => rejections.of(event, call)), complete };
    },
    trade: async function* (requests, { values }) {
      const call = values.get(callKey);
      for await (const event of desk.trade(
        call,
        wishes(requests, ({ place }) => place),
      ))
        yield { event: replyOf(event) };

      function replyOf(event: StreamEvent) {
        if (event.kind === 'order') return { case: 'order' as const, value: toV1(event.order) };
        if (event.kind === 'leaving') return { case: 'goingAway' as const, value: { resumeAfter: event.resumeAfter } };
        return { case: 'rejection' as const, value: rejections.from(event, call) };
      }
    },
  };
}

async function* wishes<T>(
  requests: AsyncIterable<T>,
  placeOf: (request: T) => PlaceOrderRequest | undefined,
): AsyncIterable<Wish> {
  for await (const request of requests) yield { kind: 'place', order: fromV1(placeOf(request)) };
}

function fromV1(request: PlaceOrderRequest | undefined): UncheckedWish {
  return {
    accountId: request?.accountId,
    clientOrderId: request?.clientOrderId,
    instrument: request?.instrument,
    side: sideFrom(request?.side),
    quantity: request?.quantity,
    terms: { kind: 'market' },
  };
}

function sideFrom(side: SideEnum | undefined): Side | undefined {
  return side === SideEnum.BUY ? 'buy' : side === SideEnum.SELL ? 'sell' : undefined;
}

function toV1(order: Order): OrderMessage {
  const { id, accountId, clientOrderId, instrument, quantity, sequence } = order;
  return {
    $typeName: 'exchange.orders.v1.Order',
    id,
    accountId,
    clientOrderId,
    instrument,
    quantity,
    sequence,
    side: sides[order.side],
    status: statuses[order.status],
  };
}
