import type { ServerResponse } from 'node:http';
import * as z from 'zod';
import { readBody } from '../kit/body.ts';
import { type HttpHandler, httpServer } from '../kit/http-server.ts';
import { Problem } from '../kit/problem.ts';
import type { Kit, ServiceDefinition, ServiceParts } from '../kit/service.ts';
import { scopes, tokenIssuer } from '../kit/token.ts';
import { clientList } from './clients.ts';
import { grant } from './grant.ts';
import { issuerKeys, privateKeySet } from './keys.ts';

const settings = z.object({ IDENTITY_JWKS: privateKeySet, IDENTITY_CLIENTS: clientList });

/** Authorization server metadata, RFC 8414. */
const metadata = {
  issuer: tokenIssuer,
  token_endpoint: `${tokenIssuer}/oauth/token`,
  jwks_uri: `${tokenIssuer}/.well-known/jwks.json`,
  grant_types_supported: ['client_credentials'],
  token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
  response_types_supported: [],
  scopes_supported: scopes,
};

/** Issues tokens and publishes the keys by which everyone else checks them. */
export const identity: ServiceDefinition<typeof settings> = {
  name: 'identity',
  settings,
  build: async (kit, own): Promise<ServiceParts> => {
    const keys = await issuerKeys(own.IDENTITY_JWKS);
    const cached = { 'cache-control': 'public, max-age=300' };
    const { server, drain, abort } = httpServer(
      routes({
        'GET /.well-known/jwks.json': async (_request, response) => sendJson(response, 200, keys.published, cached),
        'GET /.well-known/oauth-authorization-server': async (_request, response) =>
          sendJson(response, 200, metadata, cached),
        'POST /oauth/token': async (request, response) => {
          if (!request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
            return sendJson(
              response,
              400,
              { error: 'invalid_request', error_description: 'send a form (application/x-www-form-urlencoded)' },
              {},
            );
          }
          const form = new URLSearchParams(await readBody(request, 8_192));
          const { status, body } = await grant(
            form,
            request.headers.authorization,
            own.IDENTITY_CLIENTS,
            keys,
            kit.now(),
          );
          sendJson(response, status, body, {
            'cache-control': 'no-store',
            ...(status === 401 && { 'www-authenticate': 'Basic realm="exchange"' }),
          });
        },
      }),
      serverParts(kit),
    );
    return { server, checks: {}, drain, abort, close: async () => {} };
  },
};

function serverParts(kit: Kit) {
  return { release: kit.release.version, metrics: kit.metrics, tracing: kit.tracing, log: kit.log };
}

function routes(table: Readonly<Record<string, HttpHandler>>): HttpHandler {
  return (request, response, call) => {
    const operation = `${request.method} ${request.url?.split('?')[0]}`;
    const handler = Object.hasOwn(table, operation) ? table[operation] : undefined;
    if (!handler)
      throw new Problem(404, 'not-found', 'there is nothing here', `served: ${Object.keys(table).join(', ')}`);
    call.operation = operation;
    call.contract = 'v1';
    return handler(request, response, call);
  };
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>>,
): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}
