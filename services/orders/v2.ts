import type { ServiceImpl } from '@connectrpc/connect';
import { callKey } from '../kit/grpc-server.ts';
import {
  type CancelOrderRequest,
  type Order as OrderMessage,
  type OrderService,
  OrderStatus,
  type PlaceOrderRequest,
  Side as SideEnum,
  TimeInForce as TimeInForceEnum,
  type TradeRequest,
} from './contract/gen/exchange/orders/v2/orders_pb.js';
import type { Desk, StreamEvent, Wish } from './desk.ts';
import type { Order, Side, Status, Terms, TimeInForce, UncheckedWish } from './order.ts';
import type { Rejections } from './rejection.ts';

const statuses: Readonly<Record<Status, OrderStatus>> = {
  accepted: OrderStatus.OPEN,
  open: OrderStatus.OPEN,
  filled: OrderStatus.FILLED,
  cancelled: OrderStatus.CANCELLED,
  expired: OrderStatus.EXPIRED,
};

const sides: Readonly<Record<Side, SideEnum>> = { buy: SideEnum.BUY, sell: SideEnum.SELL };

const timesInForce: Readonly<Record<TimeInForce, TimeInForceEnum>> = {
  'good-till-cancelled': TimeInForceEnum.GOOD_TILL_CANCELLED,
  day: TimeInForceEnum.DAY,
  'immediate-or-cancel': TimeInForceEnum.IMMEDIATE_OR_CANCEL,
};

/** Contract v2: what the desk knows, in full. */
export function orderServiceV2(desk: Desk, rejections: Rejections): ServiceImpl<typeof OrderService> {
  return {
    placeOrder: async (request, { values }) => ({
      order: toV2(await desk.place(values.get(callKey), fromV2(request))),
    }),
    listOrders: async ({ accountId, last }, { values }) => ({
      orders: (await desk.list(values.get(callKey), accountId, last)).map(toV2),
    }),
    watchOrders: async function* ({ accountId, afterSequence }, { values }) {
      for await (const event of desk.watch(values.get(callKey), accountId, afterSequence)) {
        if (event.kind === 'order') yield { event: { case: 'order', value: toV2(event.order) } };
        if (event.kind === 'leaving') yield { event: { case: 'goingAway', value: { resumeAfter: event.resumeAfter } } };
      }
    },
    placeBatch: async (requests, { values }) => {
      const call = values.get(callKey);
      const { events, complete } = await desk.batch(
        call,
        wishes(requests, ({ order }) => ({ kind: 'place', order: fromV2(order) })),
      );
      const orders = events.flatMap((event) => (event.kind === 'order' ? [toV2(event.order)] : []));
      return { orders, rejections: events.flatMap((event) => rejections.of(event, call)), complete };
    },
    trade: async function* (requests, { values }) {
      const call = values.get(callKey);
      for await (const event of desk.trade(call, wishes(requests, tradeWish))) yield { event: replyOf(event) };

      function replyOf(event: StreamEvent) {
        if (event.kind === 'order') return { case: 'order' as const, value: toV2(event.order) };
        if (event.kind === 'leaving') return { case: 'goingAway' as const, value: { resumeAfter: event.resumeAfter } };
        return { case: 'rejection' as const, value: rejections.from(event, call) };
      }
    },
  };
}

async function* wishes<T>(requests: AsyncIterable<T>, wishOf: (request: T) => Wish): AsyncIterable<Wish> {
  for await (const request of requests) yield wishOf(request);
}

function tradeWish({ wish }: TradeRequest): Wish {
  if (wish.case === 'cancel') return { kind: 'cancel', order: cancelFrom(wish.value) };
  return { kind: 'place', order: fromV2(wish.value) };
}

function cancelFrom({ accountId, clientOrderId }: CancelOrderRequest) {
  return { accountId, clientOrderId };
}

function fromV2(request: PlaceOrderRequest | undefined): UncheckedWish {
  return {
    accountId: request?.accountId,
    clientOrderId: request?.clientOrderId,
    instrument: request?.instrument,
    side: keyOf(sides, request?.side),
    quantity: request?.quantity,
    terms: termsFrom(request?.terms),
  };
}

function termsFrom(terms: PlaceOrderRequest['terms'] | undefined): Terms | undefined {
  if (terms?.case === 'market') return { kind: 'market' };
  const timeInForce = keyOf(timesInForce, terms?.value?.timeInForce);
  if (terms?.case !== 'limit' || !terms.value.price || !timeInForce) return undefined;
  const { currency, amountMinor } = terms.value.price;
  return { kind: 'limit', currency, amountMinor, timeInForce };
}

function keyOf<K extends string, V>(table: Readonly<Record<K, V>>, value: V | undefined): K | undefined {
  for (const key in table) if (table[key] === value) return key;
  return undefined;
}

function toV2(order: Order): OrderMessage {
  const { id, accountId, clientOrderId, instrument, quantity, sequence } = order;
  return {
    $typeName: 'exchange.orders.v2.Order',
    id,
    accountId,
    clientOrderId,
    instrument,
    quantity,
    sequence,
    side: sides[order.side],
    status: statuses[order.status],
    terms: termsTo(order.terms),
  };
}

function termsTo(terms: Terms): OrderMessage['terms'] {
  if (terms.kind === 'market') return { case: 'market', value: { $typeName: 'exchange.orders.v2.Market' } };
  const { currency, amountMinor, timeInForce } = terms;
  return {
    case: 'limit',
    value: {
      $typeName: 'exchange.orders.v2.Limit',
      price: { $typeName: 'exchange.orders.v2.Price', currency, amountMinor },
      timeInForce: timesInForce[timeInForce],
    },
  };
}
