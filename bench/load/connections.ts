import { Client } from 'undici';

/** How one request ended: nothing, or why it counts as failed. */
export type Answer = string | undefined;

/** A fixed number of kept connections to one Unix socket, one request at a time on each. */
export interface Connections {
  readonly size: number;
  /** Sends `GET /` on connection `index`; `done` is called once, when the last byte of the answer is there or it failed. */
  send(index: number, done: (failure: Answer) => void): void;
  close(): Promise<void>;
}

export interface Target {
  readonly socket: string;
  /** Host header: how a proxy knows the service. */
  readonly host: string;
}

export function openConnections(target: Target, size: number): Connections {
  const clients = Array.from(
    { length: size },
    () => new Client(`http://${target.host}`, { socketPath: target.socket, pipelining: 1, keepAliveTimeout: 600_000 }),
  );
  return {
    size,
    send(index, done) {
      let status = 0;
      clients[index]?.dispatch(
        { method: 'GET', path: '/', headersTimeout: 10_000, bodyTimeout: 10_000 },
        {
          onRequestStart: () => {},
          onResponseStart: (_controller, code) => {
            status = code;
          },
          onResponseData: () => {},
          onResponseEnd: () => done(status === 200 ? undefined : `status ${status}`),
          onResponseError: (_controller, error) => done(error.message),
        },
      );
    },
    close: async () => {
      await Promise.all(clients.map((client) => client.destroy()));
    },
  };
}
