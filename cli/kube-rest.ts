import type { OutgoingHttpHeaders } from 'node:http';
import type { RequestOptions } from 'node:https';
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
  /** Throws RestError for any status of 400 or more. */
  send(method: Method, path: string, body?: unknown): Promise<unknown>;
  /** Path of the objects of a kind, by the server's discovery. Throws RestError 404 for a kind that it does not know. */
  pathOf(apiVersion: string, kind: string, namespace: string | undefined): Promise<string>;
}

/** PATCH is a merge patch (RFC 7396), APPLY a PATCH of the type server-side apply. */
type Method = 'GET' | 'POST' | 'PATCH' | 'APPLY' | 'DELETE';

const contentTypes: Readonly<Record<Method, string>> = {
  GET: 'application/json',
  POST: 'application/json',
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

/**
 * The typed models of the client library rename fields (`from` of a NetworkPolicy becomes `_from`) and drop what they do
 * not know; so the library reads the kubeconfig and authenticates, and the objects are sent as they are.
 */
export async function openKubeRest(kubeConfig: KubeConfig): Promise<KubeRest> {
  const { server, proxyUrl } = kubeConfig.getCurrentCluster() ?? {};
  if (!server) throw new RestError(0, 'the kubeconfig names no server in its current context');
  const options: RequestOptions = {};
  await kubeConfig.applyToHTTPSOptions(options);
  const { ca, cert, key, rejectUnauthorized = true, servername } = options;
  const agent = dispatcherOf(proxyUrl, { ca, cert, key, rejectUnauthorized, servername });
  const rest = restOver(agent, server.replace(/\/$/, ''), headersOf(options.headers));
  const resources = new Map<string, Promise<readonly Resource[]>>();
  const resourcesOf = (apiVersion: string) => {
    const known = resources.get(apiVersion) ?? discover(rest, apiVersion);
    resources.set(apiVersion, known);
    return known;
  };
  return {
    send: rest,
    async pathOf(apiVersion, kind, namespace) {
      const known = await resourcesOf(apiVersion).catch((error) => {
        resources.delete(apiVersion);
        throw error;
      });
      const found = known.find((each) => each.kind === kind && !each.name.includes('/'));
      // A kind may come later: an installation brings kinds along.
      if (!found) resources.delete(apiVersion);
      if (!found) throw new RestError(404, `the cluster does not know the kind ${kind} of ${apiVersion}`);
      const scope = found.namespaced ? `/namespaces/${namespace ?? 'default'}` : '';
      return `${root(apiVersion)}${scope}/${found.name}`;
    },
  };
}

/** By way of the proxy that the kubeconfig names, if it names one. */
function dispatcherOf(proxyUrl: string | undefined, tls: buildConnector.BuildOptions): Dispatcher {
  if (!proxyUrl) return new Agent({ connections, connect: tls });
  if (/^https?:/.test(proxyUrl))
    return new ProxyAgent({ uri: proxyUrl, connections, requestTls: tls, proxyTunnel: true });
  throw new RestError(0, `proxy-url ${proxyUrl} of the kubeconfig: only proxies of http and https are spoken to`);
}

function root(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

async function discover(send: KubeRest['send'], apiVersion: string): Promise<readonly Resource[]> {
  const { resources } = (await send('GET', root(apiVersion))) as { readonly resources: readonly Resource[] };
  return resources;
}

function restOver(agent: Dispatcher, origin: string, headers: Record<string, string>): KubeRest['send'] {
  return async (method, path, body) => {
    const answer = await agent.request({
      origin,
      path,
      method: method === 'APPLY' ? 'PATCH' : method,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': contentTypes[method] }),
        ...headers,
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 400)
      throw new RestError(answer.statusCode, reasonIn(text) ?? `status ${answer.statusCode}`);
    return JSON.parse(text);
  };
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
