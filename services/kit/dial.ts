import { existsSync } from 'node:fs';
import { connect, Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';

/** Opens connections to `host:port`, by the sidecar's Unix socket if there is one, else by TCP. */
export interface Dial {
  connect(host: string, port: number): Socket;
  /** For `pg`: a socket whose own `connect(port, host)` goes the same way. */
  lazySocket(): Duplex;
}

/**
 * @param sockets PARLEY_SOCKETS: a folder whose `out/<host>:<port>` are sockets of the sidecar. Looked up at each
 *   connection, because the sidecar adds providers while the service runs.
 */
export function dialThrough(sockets: string | undefined): Dial {
  const socketOf = (host: string, port: number) => {
    if (sockets === undefined) return undefined;
    const path = join(sockets, 'out', `${host}:${port}`);
    return existsSync(path) ? path : undefined;
  };
  return {
    connect(host, port) {
      const path = socketOf(host, port);
      return path === undefined ? connect({ host, port, noDelay: true }) : connect({ path });
    },
    lazySocket: () => new DialledSocket(socketOf),
  };
}

class DialledSocket extends Socket {
  readonly #socketOf: (host: string, port: number) => string | undefined;

  constructor(socketOf: (host: string, port: number) => string | undefined) {
    super();
    this.#socketOf = socketOf;
  }

  override connect(...given: unknown[]): this {
    const [port, host] = given;
    if (typeof port !== 'number' || typeof host !== 'string') return Reflect.apply(super.connect, this, given);
    const path = this.#socketOf(host, port);
    return path === undefined ? super.connect({ port, host }) : super.connect({ path });
  }
}
