import type { OutgoingHttpHeaders } from 'node:http';
import type { RequestOptions } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeConfig } from '@kubernetes/client-node';
import { Agent, type buildConnector, type Dispatcher, ProxyAgent } from 'undici';

/** An answer that is no success, in the server's own words. */
export class RestError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'RestError';
    this.status = status;
  }
}

/** Plain JSON over the Kubernetes API: objects come and go as they are, whatever their kind. */
export interface KubeRest {
  /** Throws RestError for any status of 400 or more, and what the network throws when there is no answer. */
  send(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<unknown>;
  /** The same on a connection of its own: it does not wait behind many others that were sent before. */
  sendAtOnce(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<unknown>;
  /**
   * Path of the objects of a kind, by the server's discovery; `everywhere` is all namespaces. Throws RestError 404 for a kind that it
   * does not know.
   */
  pathOf(apiVersion: string, kind: string, namespace: string | undefined | typeof everywhere): Promise<string>;
  /** Lines of a streamed answer, as they come; ends when the server ends it. Throws like `send`, and the reason of `signal`. */
  lines(path: string, signal: AbortSignal): AsyncGenerator<string, void, void>;
  /** Ends every connection, those in use too. */
  close(): Promise<void>;
}

/** All namespaces of a kind that has any. */
export const everywhere = Symbol('every namespace');

/** PATCH is a merge patch (RFC 7396), APPLY a PATCH of the type server-side apply. */
type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'APPLY' | 'DELETE';

const contentTypes: Readonly<Record<Method, string>> = {
  GET: 'application/json',
  POST: 'application/json',
  PUT: 'application/json',
  PATCH: 'application/merge-patch+json',
  // JSON is YAML: https://kubernetes.io/docs/reference/using-api/server-side-apply/
  APPLY: 'application/apply-patch+yaml',
  DELETE: 'application/json',
};

interface Resource {
  readonly kind: string;
  readonly name: string;
  readonly namespaced: boolean;
}

const connections = 8;
/** A server ends a watch within the time that it was asked for; one that is silent for longer is gone. */
const silentStreamMs = 330_000;

/** So often a request is sent again that the server put off, as client-go does; it was not carried out before. */
const mostPutOff = 10;
const longestPutOffMs = 10_000;

/**
 * The typed models of the client library rename fields (`from` of a NetworkPolicy becomes `_from`) and drop what they do
 * not know; so the library reads the kubeconfig and authenticates, and the objects are sent as they are.
 */
export async function openKubeRest(kubeConfig: KubeConfig, wait: Wait = waitAwake): Promise<KubeRest> {
  const { server, proxyUrl } = kubeConfig.getCurrentCluster() ?? {};
  if (!server) throw new RestError(0, 'the kubeconfig names no server in its current context');
  const options: RequestOptions = {};
  await kubeConfig.applyToHTTPSOptions(options);
  const { ca, cert, key, rejectUnauthorized = true, servername } = options;
  const tls = { ca, cert, key, rejectUnauthorized, servername };
  // Streams do not take connections from requests.
  const agents = {
    requests: dispatcherOf(proxyUrl, tls, { connections }),
    streams: dispatcherOf(proxyUrl, tls, { bodyTimeout: silentStreamMs }),
  };
  const headers = headersFor(kubeConfig, headersOf(options.headers));
  const ask = patient(asker(server.replace(/\/$/, ''), headers), wait);
  const send = sender(ask, agents.requests);
  return {
    send,
    sendAtOnce: sender(ask, agents.streams),
    pathOf: pathFinder(send),
    lines: (path, signal) => linesOf(ask(agents.streams, { method: 'GET', path, signal })),
    async close() {
      await Promise.all(Object.values(agents).map((agent) => agent.destroy()));
    },
  };
}

/** By way of the proxy that the kubeconfig names, if it names one. */
function dispatcherOf(proxyUrl: string | undefined, tls: buildConnector.BuildOptions, more: Agent.Options): Dispatcher {
  if (!proxyUrl) return new Agent({ ...more, connect: tls });
  if (/^https?:/.test(proxyUrl)) return new ProxyAgent({ ...more, uri: proxyUrl, requestTls: tls, proxyTunnel: true });
  throw new RestError(0, `proxy-url ${proxyUrl} of the kubeconfig: only proxies of http and https are spoken to`);
}

/** Tokens that rotate (a ServiceAccount's file, a credential program) are asked for again; the library knows when they are too old. */
function headersFor(kubeConfig: KubeConfig, first: Record<string, string>): () => Promise<Record<string, string>> {
  const user = kubeConfig.getCurrentUser();
  if (!user?.authProvider && !user?.exec) return async () => first;
  return async () => {
    const options: RequestOptions = {};
    await kubeConfig.applyToHTTPSOptions(options);
    return headersOf(options.headers);
  };
}

interface Asked {
  readonly method: Method;
  readonly path: string;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

type Ask = (agent: Dispatcher, asked: Asked) => Promise<Dispatcher.ResponseData>;

/** Sends a request and gives the answer when it is a success; the body is still to be read. */
function asker(origin: string, headers: () => Promise<Record<string, string>>): Ask {
  return async (agent, { method, path, body, signal }) => {
    const answer = await agent.request({
      origin,
      path,
      method: method === 'APPLY' ? 'PATCH' : method,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': contentTypes[method] }),
        ...(await headers()),
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal,
    });
    if (answer.statusCode < 400) return answer;
    const reason = reasonIn(await answer.body.text()) ?? `status ${answer.statusCode}`;
    const seconds = Number(answer.headers['retry-after'] ?? Number.NaN);
    if (answer.statusCode === 429 && Number.isFinite(seconds)) throw new PutOff(reason, seconds * 1000);
    throw new RestError(answer.statusCode, reason);
  };
}

/** Not now, but in a while: a server that is busy, or that begins to serve a kind, says 429 and Retry-After (RFC 9110, 10.2.3). */
class PutOff extends RestError {
  readonly forMs: number;

  constructor(message: string, forMs: number) {
    super(429, message);
    this.forMs = forMs;
  }
}

/** Rejects when `signal` aborts. */
type Wait = (ms: number, signal: AbortSignal | undefined) => Promise<void>;

/** The process lives on meanwhile, though no request is under way. */
const waitAwake: Wait = (ms, signal) => sleep(ms, undefined, { signal });

function patient(ask: Ask, wait: Wait): Ask {
  return async (agent, asked) => {
    for (let putOff = 0; ; putOff++) {
      try {
        return await ask(agent, asked);
      } catch (error) {
        if (!(error instanceof PutOff) || putOff >= mostPutOff) throw error;
        await wait(Math.min(error.forMs, longestPutOffMs), asked.signal);
      }
    }
  };
}

function sender(ask: Ask, agent: Dispatcher): KubeRest['send'] {
  return async (method, path, body, signal) => (await ask(agent, { method, path, body, signal })).body.json();
}

async function* linesOf(answer: Promise<Dispatcher.ResponseData>): AsyncGenerator<string, void, void> {
  const { body } = await answer;
  const text = new TextDecoder();
  let rest = '';
  for await (const piece of body) {
    const lines = (rest + text.decode(piece as Buffer, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield line;
  }
}

function pathFinder(send: KubeRest['send']): KubeRest['pathOf'] {
  const resources = new Map<string, Promise<readonly Resource[]>>();
  const resourcesOf = (apiVersion: string) => {
    const known = resources.get(apiVersion) ?? discover(send, apiVersion);
    resources.set(apiVersion, known);
    return known;
  };
  return async (apiVersion, kind, namespace) => {
    const known = await resourcesOf(apiVersion).catch((error) => {
      resources.delete(apiVersion);
      throw error;
    });
    const found = known.find((each) => each.kind === kind && !each.name.includes('/'));
    // A kind may come later: an installation brings kinds along.
    if (!found) resources.delete(apiVersion);
    if (!found) throw new RestError(404, `the cluster does not know the kind ${kind} of ${apiVersion}`);
    const scope = found.namespaced && namespace !== everywhere ? `/namespaces/${namespace ?? 'default'}` : '';
    return `${root(apiVersion)}${scope}/${found.name}`;
  };
}

function root(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

async function discover(send: KubeRest['send'], apiVersion: string): Promise<readonly Resource[]> {
  const { resources } = (await send('GET', root(apiVersion))) as { readonly resources: readonly Resource[] };
  return resources;
}

function headersOf(headers: RequestOptions['headers']): Record<string, string> {
  const entries = Object.entries((headers ?? {}) as OutgoingHttpHeaders);
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

/** The message of a Status object (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/). */
function reasonIn(text: string): string | undefined {
  try {
    const status: unknown = JSON.parse(text);
    if (typeof status !== 'object' || status === null || !('message' in status)) return undefined;
    return typeof status.message === 'string' ? status.message : undefined;
  } catch {
    return text.slice(0, 200) || undefined; // Not from an API server: its text is the best reason there is.
  }
}
