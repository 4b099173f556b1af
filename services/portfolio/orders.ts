import { create } from '@bufbuild/protobuf';
import { Code, ConnectError, createClient, createContextValues, type Transport } from '@connectrpc/connect';
import type { Call } from '../kit/call.ts';
import { onBehalfOf } from '../kit/grpc-client.ts';
import {
  OrderStatus,
  type Order as OrderV1,
  Side as SideEnum,
  OrderService as V1,
} from '../orders/contract/gen/exchange/orders/v1/orders_pb.js';
import {
  LimitSchema,
  type Order as OrderV2,
  TimeInForce as TimeInForceEnum,
  OrderService as V2,
} from '../orders/contract/gen/exchange/orders/v2/orders_pb.js';
import type { Money } from './accounts.ts';
import { fromOrders } from './provider-error.ts';

export type Side = 'BUY' | 'SELL';
export type TimeInForce = 'GOOD_TILL_CANCELLED' | 'DAY' | 'IMMEDIATE_OR_CANCEL';

export interface Order {
  readonly id: string;
  readonly accountId: string;
  readonly clientOrderId: string;
  readonly instrument: string;
  readonly side: string;
  readonly quantity: number;
  readonly status: string;
}

export interface Limit {
  readonly price: Money;
  readonly timeInForce: string;
}

export interface OrderInput {
  readonly accountId: string;
  readonly clientOrderId: string;
  readonly instrument: string;
  readonly side: Side;
  readonly quantity: number;
  readonly limit?: {
    readonly currency: string;
    readonly amountMinor: string;
    readonly timeInForce: TimeInForce;
  } | null;
}

export interface Orders {
  list(call: Call, accountId: string, last: number): Promise<readonly Order[]>;
  /** Limits by order id; undefined when the provider serves contract v1 only. */
  limits(call: Call, accountId: string, last: number): Promise<ReadonlyMap<string, Limit> | undefined>;
  /** By contract v1, or by v2 if it has a limit. */
  place(call: Call, input: OrderInput): Promise<Order>;
}

const timeoutMs = 1_500;

/** Reads and places orders; every failure is a GraphQL error that names the provider. */
export function ordersProvider(transport: Transport): Orders {
  const v1 = createClient(V1, transport);
  const v2 = createClient(V2, transport);
  const options = (call: Call) => ({
    timeoutMs,
    signal: call.signal,
    contextValues: createContextValues().set(onBehalfOf, call),
  });
  return {
    list: (call, accountId, last) =>
      told(async () => (await v1.listOrders({ accountId, last }, options(call))).orders.map(orderOf)),
    limits: async (call, accountId, last) => {
      try {
        const { orders } = await v2.listOrders({ accountId, last }, options(call));
        return new Map(orders.flatMap((order) => limitOf(order)));
      } catch (thrown) {
        if (ConnectError.from(thrown).code === Code.Unimplemented) return undefined;
        throw fromOrders(thrown);
      }
    },
    place: (call, { limit, ...input }) =>
      told(async () => {
        const order = { ...input, side: SideEnum[input.side], quantity: BigInt(input.quantity) };
        if (!limit) return placed((await v1.placeOrder(order, options(call))).order);
        const price = { currency: limit.currency, amountMinor: minorOf(limit.amountMinor) };
        const terms = {
          case: 'limit' as const,
          value: create(LimitSchema, { price, timeInForce: TimeInForceEnum[limit.timeInForce] }),
        };
        const answer = await v2.placeOrder({ ...order, terms }, options(call));
        return placed(answer.order);
      }),
  };
}

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw fromOrders(thrown);
  }
}

function minorOf(digits: string): bigint {
  if (!/^\d{1,18}$/.test(digits))
    throw new ConnectError(`limit.amountMinor: "${digits}" is no whole number of minor units`, Code.InvalidArgument);
  return BigInt(digits);
}

function placed(order: OrderV1 | OrderV2 | undefined): Order {
  if (!order?.id) throw new ConnectError('its answer breaks the contract: there is no order in it', Code.Internal);
  return orderOf(order);
}

/** Statuses of v2 as the graph, whose words are those of v1, tells them. */
const fromV2: Readonly<Record<number, keyof typeof OrderStatus>> = {
  1: 'ACCEPTED',
  2: 'FILLED',
  3: 'CANCELLED',
  4: 'CANCELLED',
};

function orderOf(order: OrderV1 | OrderV2): Order {
  const { id, accountId, clientOrderId, instrument, side, quantity } = order;
  if (id === '') throw new ConnectError('its answer breaks the contract: an order has no id', Code.Internal);
  const status = order.$typeName === 'exchange.orders.v1.Order' ? OrderStatus[order.status] : fromV2[order.status];
  return {
    id,
    accountId,
    clientOrderId,
    instrument,
    side: SideEnum[side] ?? '',
    quantity: Number(quantity),
    status: status ?? '',
  };
}

function limitOf({ id, terms }: OrderV2): readonly (readonly [string, Limit])[] {
  if (terms.case !== 'limit' || !terms.value.price) return [];
  const { currency, amountMinor } = terms.value.price;
  return [
    [
      id,
      {
        price: { currency, amountMinor: amountMinor.toString() },
        timeInForce: TimeInForceEnum[terms.value.timeInForce] ?? '',
      },
    ],
  ];
}
