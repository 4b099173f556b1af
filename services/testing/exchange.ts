import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as z from 'zod';
import { dialThrough } from '../kit/dial.ts';
import { type HttpAnswer, type HttpRequest, httpClient } from '../kit/http-client.ts';
import { type Release, type RunningService, type ServiceDefinition, startService } from '../kit/service.ts';
import { forwardOnly } from '../kit/tracing.ts';
import { until } from './wait.ts';

export interface Running {
  /** Socket of PORT. */
  readonly socket: string;
  readonly service: RunningService;
  readonly log: readonly string[];
  send(request: Omit<HttpRequest, 'timeoutMs' | 'operation'>): Promise<HttpAnswer>;
  admin(path: string): Promise<HttpAnswer>;
  /** Prometheus text format. */
  metrics(): Promise<string>;
  stop(): Promise<boolean>;
}

/** Services on Unix sockets in one folder, wired as the sidecars would: `<service>/s/out/<host>:<port>` leads to the provider. */
export interface TestExchange {
  readonly folder: string;
  start<S extends z.ZodType>(definition: ServiceDefinition<S>, release: Release, given: StartOptions): Promise<Running>;
  close(): Promise<void>;
}

export interface StartOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Provider name and port -> socket. */
  readonly providers?: Readonly<Record<string, string>>;
  /** False: do not wait until it is ready. */
  readonly ready?: boolean;
  readonly now?: () => number;
}

export async function testExchange(): Promise<TestExchange> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-x-'));
  const running: Running[] = [];
  return {
    folder,
    start: async (definition, release, { environment = {}, providers = {}, ready = true, now = Date.now }) => {
      const sockets = join(folder, `${definition.name}-${running.length}`);
      await mkdir(join(sockets, 'out'), { recursive: true });
      for (const [place, socket] of Object.entries(providers)) await symlink(socket, join(sockets, 'out', place));
      const log: string[] = [];
      const service = await startService(definition, release, {
        environment: { ...providerUrls(), PARLEY_SOCKETS: sockets, LOG_LEVEL: 'debug', ...environment },
        write: (line) => log.push(line),
        now,
      });
      const socket = join(sockets, 'in/8080');
      const own = clientOf(socket);
      const adminSocket = join(sockets, 'in/9090');
      const admin = clientOf(adminSocket);
      let stopped: Promise<boolean> | undefined;
      const one: Running = {
        socket,
        service,
        log,
        send: (request) => own({ ...request, timeoutMs: 10_000, operation: request.path }),
        admin: (path) => admin({ path, timeoutMs: 10_000, operation: path }),
        metrics: () => metricsOf(adminSocket),
        stop: () => {
          stopped ??= service.stop();
          return stopped;
        },
      };
      running.push(one);
      if (ready)
        await until(
          `${definition.name} is ready ${log.join('')}`,
          async () => ((await one.admin('/readyz')).status === 200 ? true : undefined),
          30_000,
        );
      return one;
    },
    close: async () => {
      for (const one of running.reverse()) await one.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** `<SERVICE>_URL` of everyone who is a provider. */
export function providerUrls(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    ['identity', 'accounts', 'orders'].map((name) => [`${name.toUpperCase()}_URL`, `http://${name}:8080`]),
  );
}

/** Sends each request on a connection of its own. */
export function clientOf(socket: string) {
  return async (request: HttpRequest): Promise<HttpAnswer> => {
    const dial = dialThrough(undefined);
    const client = httpClient(
      'service',
      'http://service:8080',
      { ...dial, connect: () => connectTo(socket) },
      forwardOnly,
    );
    try {
      return await client.send(request);
    } finally {
      client.close();
    }
  };
}

function connectTo(path: string): Socket {
  return connect({ path });
}

async function metricsOf(socket: string): Promise<string> {
  const connection = connectTo(socket);
  connection.write('GET /metrics HTTP/1.0\r\nhost: x\r\n\r\n');
  const chunks: Buffer[] = [];
  for await (const chunk of connection) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
