import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { PassThrough, type Readable, Writable } from 'node:stream';
import type { KubeConfig, PortForward } from '@kubernetes/client-node';
import { Failure, messageOf } from './failure.ts';

export interface PodPort {
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
}

export interface PortForwardOptions {
  /** Wanted port of this machine; absent: a free one. */
  readonly localPort?: number;
  /** Hears why a connection broke off: the Pod has gone, or nothing listens there. */
  readonly onTrouble?: (message: string) => void;
}

/** A port of 127.0.0.1 whose connections go to a Pod's. */
export interface OpenPortForward {
  readonly port: number;
  /** Ends every connection, here and at the API server. */
  close(): Promise<void>;
}

/** The part of a WebSocket that is used; the client library's own type is not published with it. */
interface Tunnel {
  close(): void;
  onclose: ((event: unknown) => void) | null;
  onerror: ((event: unknown) => void) | null;
}

/**
 * Opens a port-forward to a Pod, by way of the API server (`pods/portforward`,
 * https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/). Any number of connections at a time.
 * Fails when the API server does not forward, does not know the Pod, or when the wanted port is taken.
 */
export async function openPortForward(
  kubeConfig: KubeConfig,
  target: PodPort,
  options: PortForwardOptions = {},
): Promise<OpenPortForward> {
  const { PortForward } = await import('@kubernetes/client-node');
  const forward = new PortForward(kubeConfig);
  await probe(forward, target);
  const connections = new Map<Socket, Promise<void>>();
  const server = createServer((socket) => {
    const carried = carry(forward, target, socket)
      .catch((error) => {
        options.onTrouble?.(`Pod ${target.pod}, port ${target.port}: ${reasonOf(error)}`);
        socket.destroy();
      })
      .finally(() => connections.delete(socket));
    connections.set(socket, carried);
  });
  await listen(server, options.localPort ?? 0);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      const open = [...connections];
      for (const [socket] of open) socket.destroy();
      await Promise.all([closed, ...open.map(([, carried]) => carried)]);
    },
  };
}

/** Opens one tunnel and closes it, so that what cannot be forwarded is known before anybody connects. */
async function probe(forward: PortForward, target: PodPort): Promise<void> {
  const idle = new Writable({ write: (_chunk, _encoding, done) => done() });
  const tunnel = await open(forward, target, idle, idle, new PassThrough()).catch((cause) => {
    const gone = /\b(404|405)\b/.test(reasonOf(cause));
    throw new Failure(
      'NoPortForward',
      `Pod ${target.namespace}/${target.pod}: its port ${target.port} cannot be forwarded`,
      {
        cause: new Error(reasonOf(cause)),
        hint: gone
          ? 'It has gone, or this API server forwards no ports (the embedded cluster does not). Type: parley status'
          : `Type: kubectl auth can-i create pods/portforward -n ${target.namespace}`,
      },
    );
  });
  tunnel.close();
}

/** Carries one connection until either side ends it; rejects with what the kubelet says when it cannot. */
async function carry(forward: PortForward, target: PodPort, socket: Socket): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once('error', () => undefined); // A client that breaks off; `close` follows and ends the tunnel.
  const complaints = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      if (chunk.length > 0) reject(new Error(chunk.toString('utf8').trim()));
      done();
    },
  });
  const output = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      if (chunk.length === 0 || socket.destroyed) return done();
      socket.write(chunk, () => done());
    },
  });
  const tunnel = await open(forward, target, output, complaints, socket);
  if (socket.destroyed) tunnel.close();
  socket.once('close', () => tunnel.close());
  tunnel.onclose = () => {
    output.end(() => socket.end());
    resolve();
  };
  tunnel.onerror = (event) => reject(new Error(reasonOf(event)));
  return promise;
}

async function open(
  forward: PortForward,
  { namespace, pod, port }: PodPort,
  output: Writable,
  complaints: Writable,
  input: Readable,
): Promise<Tunnel> {
  const tunnel: Tunnel | (() => unknown) = await forward.portForward(
    namespace,
    pod,
    [port],
    output,
    complaints,
    input as Socket,
  );
  if (typeof tunnel === 'function') throw new TypeError('a tunnel without retries is a socket');
  return tunnel;
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening').catch((cause) => {
    throw new Failure('PortTaken', `port ${port} of 127.0.0.1 cannot be had`, {
      cause,
      hint: 'Leave --port away: a free one is taken.',
    });
  });
}

/** The client library rejects with an event of its WebSocket, which is no Error. */
function reasonOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error && !(error instanceof Error))
    return String(error.message);
  return messageOf(error);
}
