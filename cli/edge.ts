import { readFile } from 'node:fs/promises';
import { request } from 'undici';
import { edgeGateway } from '../mesh/exchange.ts';
import { edgeName } from '../mesh/intent.ts';
import { type Cluster, openCluster } from './cluster.ts';
import type { CommandContext } from './command.ts';
import { Failure } from './failure.ts';
import { namespace } from './routes.ts';
import { clientSecret } from './secrets.ts';
import { stateFolder } from './state-folder.ts';
import { edgeAddresses, type HostAddresses } from './target/addresses.ts';

/** How this machine reaches the exchange from outside. */
export interface Edge {
  readonly http: string;
  readonly https: string;
  /** PEM of the authority of the https address. */
  readonly authorityPem: string;
}

/** Addresses of the running exchange. Fails when nothing runs. */
export async function openEdge(context: CommandContext, cluster: Cluster): Promise<Edge> {
  const state = stateFolder(context);
  const authorityPem = await readFile(state.edgeAuthority, 'utf8').catch((cause) => {
    throw new Failure('NotRunning', `the exchange has no edge yet: ${state.edgeAuthority} cannot be read`, {
      cause,
      hint: 'Type: parley up',
    });
  });
  const { http, https } = edgeAddresses(context) ?? (await forwarded(cluster));
  return { http: `http://${http}`, https: `https://${https}`, authorityPem };
}

/** Port-forwards to the gateway, which last as long as this command. */
async function forwarded(cluster: Cluster): Promise<HostAddresses> {
  const { openPortForward } = await import('./port-forward.ts');
  const { podBehind } = await import('./pod-behind.ts');
  const pod = (await podBehind(cluster, namespace, edgeName)).metadata?.name ?? '';
  const forward = async (listener: keyof HostAddresses) => {
    const { port } = listenerOf(listener);
    return `127.0.0.1:${(await openPortForward(cluster.kubeConfig, { namespace, pod, port })).port}`;
  };
  const [http, https] = await Promise.all([forward('http'), forward('https')]);
  return { http, https };
}

function listenerOf(name: string) {
  const found = edgeGateway.listeners.find((each) => each.name === name);
  if (!found) throw new TypeError(`the Gateway ${edgeName} has no listener ${name}`);
  return found;
}

export interface Token {
  readonly token: string;
  readonly expiresInSeconds: number;
}

/** A bearer token by the client credentials grant (RFC 6749, section 4.4), asked for through the edge. */
export async function requestToken(edge: Edge, cluster: Cluster, client: string): Promise<Token> {
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: client,
    client_secret: await clientSecret(cluster, client),
  });
  const url = `${edge.http}/oauth/token`;
  const answer = await request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  }).catch((cause) => {
    throw new Failure('Unreachable', `identity does not answer at ${url}`, { cause, hint: 'Type: parley status' });
  });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) {
    throw new Failure('Refused', `identity gave no token: status ${answer.statusCode} ${text.slice(0, 200)}`, {
      hint: 'Type: parley status',
    });
  }
  const { access_token: token, expires_in: expiresInSeconds } = JSON.parse(text) as {
    access_token: string;
    expires_in: number;
  };
  return { token, expiresInSeconds };
}

/** Tokens for a long run: asked for once, and again before one ends. */
export function tokenSource(
  context: CommandContext,
  edge: Edge,
  cluster: Cluster,
  client: string,
): () => Promise<string> {
  let current: Promise<Token> | undefined;
  let renewAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (!current || context.clock.now() >= renewAt) {
      renewAt = Number.POSITIVE_INFINITY;
      current = requestToken(edge, cluster, client);
      const { expiresInSeconds } = await current;
      renewAt = context.clock.now() + (expiresInSeconds * 1000) / 2;
    }
    return (await current).token;
  };
}

/** Edge, cluster and tokens of the client in one go. */
export async function openConversation(context: CommandContext, client = 'demo') {
  const cluster = await openCluster(stateFolder(context).kubeconfig);
  const edge = await openEdge(context, cluster);
  return { edge, cluster, token: tokenSource(context, edge, cluster, client) };
}
