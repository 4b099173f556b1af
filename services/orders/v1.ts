import type { ServiceImpl } from '@connectrpc/connect';
import { callKey } from '../kit/grpc-server.ts';
import { answersOf, wishesOf } from './answers.ts';
import {
  type Order as OrderMessage,
  type OrderService,
  OrderStatus,
  type PlaceOrderRequest,
  Side as SideEnum,
} from './contract/gen/exchange/orders/v1/orders_pb.js';
import type { Desk, Wish } from './desk.ts';
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
  const answers = answersOf(desk, rejections, toV1);
  const placing = (order: PlaceOrderRequest | undefined): Wish => ({ kind: 'place', order: fromV1(order) });
  return {
    placeOrder: (request, { values }) => answers.place(values.get(callKey), fromV1(request)),
    listOrders: ({ accountId, last }, { values }) => answers.list(values.get(callKey), accountId, last),
    watchOrders: ({ accountId, afterSequence }, { values }) =>
      answers.watch(values.get(callKey), accountId, afterSequence),
    placeBatch: (requests, { values }) =>
      answers.batch(
        values.get(callKey),
        wishesOf(requests, ({ order }) => placing(order)),
      ),
    trade: (requests, { values }) =>
      answers.trade(
        values.get(callKey),
        wishesOf(requests, ({ place }) => placing(place)),
      ),
  };
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
