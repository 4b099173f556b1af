import type { ServiceImpl } from '@connectrpc/connect';
import { callKey } from '../kit/grpc-server.ts';
import { answersOf, wishesOf } from './answers.ts';
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
import type { Desk, Wish } from './desk.ts';
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
  const answers = answersOf(desk, rejections, toV2);
  return {
    placeOrder: (request, { values }) => answers.place(values.get(callKey), fromV2(request)),
    listOrders: ({ accountId, last }, { values }) => answers.list(values.get(callKey), accountId, last),
    watchOrders: ({ accountId, afterSequence }, { values }) =>
      answers.watch(values.get(callKey), accountId, afterSequence),
    placeBatch: (requests, { values }) =>
      answers.batch(
        values.get(callKey),
        wishesOf(requests, ({ order }) => ({ kind: 'place', order: fromV2(order) })),
      ),
    trade: (requests, { values }) => answers.trade(values.get(callKey), wishesOf(requests, tradeWish)),
  };
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
