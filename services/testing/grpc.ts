import { fileURLToPath } from 'node:url';
import {
  type ClientDuplexStream,
  type ClientReadableStream,
  credentials,
  loadPackageDefinition,
  Metadata,
  type ServiceClientConstructor,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const contracts = fileURLToPath(new URL('../orders/contract', import.meta.url));

/** A message as proto-loader tells it: enums by name, int64 as strings. */
export type Message = Readonly<Record<string, unknown>>;

/** A client of another make (grpc-js) for orders. */
export function grpcJsClient(contract: 'v1' | 'v2', socket: string) {
  const file = `exchange/orders/${contract}/orders.proto`;
  const definition = loadSync(file, {
    includeDirs: [`${contracts}/${contract}`],
    longs: String,
    enums: String,
    keepCase: true,
    oneofs: true,
  });
  return clientOf(definition, ['exchange', 'orders', contract, 'OrderService'], socket);
}

/** A health client. */
export function healthClient(socket: string) {
  const definition = loadSync('grpc/health/v1/health.proto', { includeDirs: [`${contracts}/health`], enums: String });
  return clientOf(definition, ['grpc', 'health', 'v1', 'Health'], socket);
}

function clientOf(definition: ReturnType<typeof loadSync>, path: readonly string[], socket: string) {
  let place: unknown = loadPackageDefinition(definition);
  for (const name of path) place = typeof place === 'object' && place !== null ? Reflect.get(place, name) : undefined;
  const Client = place as ServiceClientConstructor;
  const client = new Client(`unix:${socket}`, credentials.createInsecure());
  const call = (method: string): ((...given: unknown[]) => unknown) => {
    const found: unknown = Reflect.get(client, method);
    if (typeof found !== 'function') throw new TypeError(`no method ${method}`);
    return (...given) => Reflect.apply(found, client, given);
  };
  return {
    unary: (method: string, message: Message, token?: string, options: object = {}) =>
      new Promise<Message>((resolve, reject) => {
        call(method)(message, metadata(token), options, (error: ServiceError | null, answer: Message) =>
          error ? reject(error) : resolve(answer),
        );
      }),
    read: (method: string, message: Message, token: string) =>
      call(method)(message, metadata(token)) as ClientReadableStream<Message>,
    send: (method: string, messages: readonly Message[], token: string) =>
      new Promise<Message>((resolve, reject) => {
        const stream = call(method)(metadata(token), (error: ServiceError | null, answer: Message) =>
          error ? reject(error) : resolve(answer),
        ) as ClientDuplexStream<Message, Message>;
        for (const message of messages) stream.write(message);
        stream.end();
      }),
    both: (method: string, token: string) => call(method)(metadata(token)) as ClientDuplexStream<Message, Message>,
    close: () => client.close(),
  };
}

function metadata(token: string | undefined): Metadata {
  const made = new Metadata();
  if (token !== undefined) made.set('authorization', token);
  return made;
}
