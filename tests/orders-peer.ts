import { join } from 'node:path';
import {
  type ClientDuplexStream,
  type ClientReadableStream,
  type ClientWritableStream,
  credentials,
  Metadata,
  makeClientConstructor,
  type ServiceError,
} from '@grpc/grpc-js';
import { load } from '@grpc/proto-loader';

/** Messages as @grpc/proto-loader gives them with `keepCase`: 64-bit numbers and enums are strings. */
export interface PeerOrder {
  readonly id: string;
  readonly account_id: string;
  readonly client_order_id: string;
  readonly status: string;
  readonly sequence: string;
}

export interface PeerWish {
  readonly account_id: string;
  readonly client_order_id: string;
  readonly instrument: string;
  readonly side: string;
  readonly quantity: number;
}

type Answered<T> = (error: ServiceError | null, answer: T) => void;

type ServiceClient = InstanceType<ReturnType<typeof makeClientConstructor>>;

/** OrderService of contract v1 as grpc-js makes it from the .proto file alone. */
export interface OrdersPeer {
  PlaceOrder(wish: PeerWish, metadata: Metadata, answered: Answered<{ order: PeerOrder }>): void;
  WatchOrders(
    from: { account_id: string },
    metadata: Metadata,
  ): ClientReadableStream<{ order?: PeerOrder; going_away?: object }>;
  PlaceBatch(
    metadata: Metadata,
    answered: Answered<{ orders: PeerOrder[]; complete: boolean }>,
  ): ClientWritableStream<{ order: PeerWish }>;
  Trade(
    metadata: Metadata,
  ): ClientDuplexStream<{ place: PeerWish }, { order?: PeerOrder; rejection?: { code: string } }>;
  close(): void;
}

const contract = join(import.meta.dirname, '../services/orders/contract/v1');

/** A client by another gRPC implementation than the services use; it knows nothing but the contract's file. */
export async function openOrdersPeer(address: string): Promise<OrdersPeer> {
  const definition = await load('exchange/orders/v1/orders.proto', {
    includeDirs: [contract],
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  const service = definition['exchange.orders.v1.OrderService'];
  if (service === undefined || 'format' in service) throw new Error(`${contract}: no OrderService`);
  const Peer = makeClientConstructor(service, 'OrderService');
  return new Peer(address, credentials.createInsecure()) as ServiceClient & OrdersPeer;
}

/** Metadata with a bearer token. */
export function bearer(token: string): Metadata {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  return metadata;
}
