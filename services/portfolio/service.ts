import { createYoga, type Plugin } from 'graphql-yoga';
import * as z from 'zod';
import { providerUrl } from '../kit/config.ts';
import { grpcClient } from '../kit/grpc-client.ts';
import { httpClient } from '../kit/http-client.ts';
import { type HttpHandler, httpServer } from '../kit/http-server.ts';
import { remoteKeys } from '../kit/jwks.ts';
import { Problem } from '../kit/problem.ts';
import { httpFaults } from '../kit/rehearsal-http.ts';
import type { Kit, ServiceDefinition } from '../kit/service.ts';
import { type TokenVerifier, tokenVerifier } from '../kit/token.ts';
import { accountsProvider } from './accounts.ts';
import { type GraphContext, graph, type Providers } from './graph.ts';
import { operationLimits, withinLimits } from './limits.ts';
import { ordersProvider } from './orders.ts';
import { isOurs } from './provider-error.ts';
import { type ContractUse, contractUse } from './usage.ts';

const settings = z.object({ IDENTITY_URL: providerUrl, ACCOUNTS_URL: providerUrl, ORDERS_URL: providerUrl });

const endpoint = '/graphql';
const mostBytes = 64 * 1024;

/** One graph over accounts and orders; GraphQL, contract v1 or v2. */
export const portfolio: ServiceDefinition<typeof settings> = {
  name: 'portfolio',
  settings,
  build: async (kit, own) => {
    const { release, dial, tracing, log, metrics } = kit;
    const issuer = httpClient('identity', own.IDENTITY_URL, dial, tracing);
    const accounts = httpClient('accounts', own.ACCOUNTS_URL, dial, tracing);
    const orders = grpcClient('orders', own.ORDERS_URL, dial, tracing);
    const keys = remoteKeys(issuer, kit.now, log);
    const providers: Providers = {
      accounts: accountsProvider(accounts),
      orders: ordersProvider(orders.transport),
      metrics,
    };
    const handler = graphHandler(kit, providers, tokenVerifier(keys, kit.now));
    const faults = release.fault && httpFaults(release.fault, true);
    const { server, drain, abort } = httpServer(handler, { release: release.version, metrics, tracing, log, faults });
    return {
      server,
      drain,
      abort,
      checks: { keys: () => keys.unready() },
      close: async () => {
        issuer.close();
        accounts.close();
        orders.close();
      },
    };
  },
};

type Served = GraphContext;

function graphHandler({ release }: Kit, providers: Providers, tokens: TokenVerifier): HttpHandler {
  const contract = release.contracts.includes('v2') ? 'v2' : 'v1';
  const yoga = createYoga<Served>({
    schema: graph(contract, providers),
    graphqlEndpoint: endpoint,
    landingPage: false,
    graphiql: false,
    batching: false,
    multipart: false,
    cors: false,
    logging: false,
    maskedErrors: true,
    parserAndValidationCache: true,
    plugins: [limited, marked, labelled(contract === 'v2' ? contractUse() : () => contract)],
  });
  return async (request, response, call) => {
    if (request.url?.split('?')[0] !== endpoint)
      throw new Problem(404, 'not-found', 'there is nothing here', `served: ${endpoint}`);
    call.operation = `${request.method} ${endpoint}`;
    if (
      Number(request.headers['content-length'] ?? 0) > mostBytes ||
      request.headers['transfer-encoding'] !== undefined
    ) {
      throw new Problem(
        413,
        'body-too-large',
        `the body has no length or is larger than ${mostBytes} bytes`,
        'send less, with Content-Length',
      );
    }
    const principal = await tokens.verify(call.authorization, 'exchange.read');
    await yoga(request, response, { call, principal, shared: new Map() });
  };
}

const limited: Plugin<Served> = {
  onParse: ({ setParseFn, parseFn }) => {
    setParseFn((source, options) => parseFn(source, { ...options, maxTokens: operationLimits.tokens }));
  },
  onValidate: ({ addValidationRule }) => addValidationRule(withinLimits),
};

/** A GraphQL answer can fail with HTTP status 200; the metrics must know. */
const marked: Plugin<Served> = {
  onExecute: ({ args }) => ({
    onExecuteDone: ({ result }) => {
      if ('errors' in result && result.errors?.some((error) => isOurs(error.extensions.code)))
        args.contextValue.call.failed = true;
    },
  }),
};

/** Counts an operation for the contract that it needs, so that callers of v1 show; what is never executed needs none. */
function labelled(use: ContractUse): Plugin<Served> {
  return {
    onExecute: ({ args }) => {
      args.contextValue.call.contract = use(args);
    },
  };
}
