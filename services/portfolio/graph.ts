import { createSchema } from 'graphql-yoga';
import type { Call } from '../kit/call.ts';
import type { Metrics } from '../kit/metrics.ts';
import type { Principal } from '../kit/token.ts';
import { type Account, type Accounts, balanceOf, type Money } from './accounts.ts';
import { v1, v2 } from './contract/gen/schemas.ts';
import type { Order, OrderInput, Orders } from './orders.ts';
import { providerError } from './provider-error.ts';

/** Of one request. */
export interface GraphContext {
  readonly call: Call;
  readonly principal: Principal;
  /** Answers of providers that more than one field needs. */
  readonly shared: Map<string, Promise<unknown>>;
}

export interface Providers {
  readonly accounts: Accounts;
  readonly orders: Orders;
  readonly metrics: Metrics;
}

interface ListedOrder extends Order {
  /** How it was listed, so that its limit is found in the same list. */
  readonly last: number;
}

/** The graph of a contract version. v2 is v1 and more; a provider that serves its own v1 only is enough for every operation of v1. */
export function graph(contract: 'v1' | 'v2', providers: Providers) {
  const newer = contract === 'v2' ? newerFields(providers) : { Account: {}, Order: {} };
  return createSchema<GraphContext>({
    typeDefs: contract === 'v2' ? v2 : v1,
    resolvers: {
      Query: { me: (_root, _given, { principal }) => ({ id: principal.user }) },
      Mutation: {
        placeOrder: async (_root, { input }: { input: OrderInput }, { call }) => ({
          ...(await providers.orders.place(call, input)),
          last: 1,
        }),
      },
      Me: { accounts: (_me, _given, { call }) => providers.accounts.list(call) },
      Account: {
        orders: async ({ id }: Account, { last }: { last?: number }, { call }): Promise<readonly ListedOrder[]> => {
          const most = Math.min(Math.max(last ?? 10, 1), 100);
          return (await providers.orders.list(call, id, most)).map((order) => ({ ...order, last: most }));
        },
        ...newer.Account,
      },
      Order: newer.Order,
    },
  });
}

function newerFields({ accounts, orders, metrics }: Providers) {
  return {
    Account: {
      balances: async (account: Account, _given: unknown, context: GraphContext): Promise<readonly Money[]> => {
        const all = await shared(context, 'balances', () => accounts.balances(context.call));
        if (!all) {
          metrics.fellBack('accounts', 'v1');
          return [balanceOf(account)];
        }
        const found = all.get(account.id);
        if (!found)
          throw providerError('accounts', 'PROVIDER_FAILED', `contract v2 does not list the account ${account.id}`);
        return found;
      },
    },
    Order: {
      limit: async ({ id, accountId, last }: ListedOrder, _given: unknown, context: GraphContext) => {
        const limits = await shared(context, `limits ${accountId} ${last}`, () =>
          orders.limits(context.call, accountId, last),
        );
        if (!limits) metrics.fellBack('orders', 'v1');
        return limits?.get(id) ?? null;
      },
    },
  };
}

function shared<T>({ shared: answers }: GraphContext, key: string, ask: () => Promise<T>): Promise<T> {
  if (!answers.has(key)) answers.set(key, ask());
  return answers.get(key) as Promise<T>;
}
