import * as z from 'zod';
import type { Call } from '../kit/call.ts';
import { reasonOf } from '../kit/failure.ts';
import type { HttpAnswer, HttpClient } from '../kit/http-client.ts';
import { isCurrency, toMinor } from '../kit/money.ts';
import { providerError } from './provider-error.ts';

const accountV1 = z.object({ id: z.string(), currency: z.string(), balance: z.string() });
export type Account = z.infer<typeof accountV1>;

export interface Money {
  readonly currency: string;
  readonly amountMinor: string;
}

const listV1 = z.object({ accounts: z.array(accountV1) });
const listV2 = z.object({
  accounts: z.array(
    z.object({
      id: z.string(),
      balances: z.array(z.object({ currency: z.string(), amountMinor: z.int().transform(String) })),
    }),
  ),
});

export interface Accounts {
  list(call: Call): Promise<readonly Account[]>;
  /** Balances of all accounts by id; undefined when the provider serves contract v1 only. */
  balances(call: Call): Promise<ReadonlyMap<string, readonly Money[]> | undefined>;
}

const timeoutMs = 1_500;

/** Reads accounts: contract v1 for everything that v1 has, v2 for balances. What else is in an answer does not matter. */
export function accountsProvider(client: HttpClient): Accounts {
  const get = async (call: Call, path: string): Promise<HttpAnswer> => {
    try {
      return await client.send({ path, operation: `GET ${path}`, timeoutMs, call });
    } catch (cause) {
      throw providerError('accounts', 'PROVIDER_AWAY', reasonOf(cause));
    }
  };
  return {
    list: async (call) => parsed(listV1, await get(call, '/v1/accounts')).accounts,
    balances: async (call) => {
      const answer = await get(call, '/v2/accounts');
      if (answer.status === 404) return undefined;
      return new Map(parsed(listV2, answer).accounts.map(({ id, balances }) => [id, balances]));
    },
  };
}

/** The balance of contract v1 as v2 would tell it. */
export function balanceOf({ currency, balance }: Account): Money {
  if (!isCurrency(currency))
    throw providerError('accounts', 'PROVIDER_FAILED', `it holds the unknown currency ${currency}`);
  return { currency, amountMinor: toMinor(balance, currency).toString() };
}

function parsed<T extends z.ZodType>(shape: T, { status, body }: HttpAnswer): z.infer<T> {
  if (status === 503 || status === 504) throw providerError('accounts', 'PROVIDER_AWAY', `it answered ${status}`);
  if (status === 401 || status === 403) throw providerError('accounts', 'PERMISSION_DENIED', `it answered ${status}`);
  if (status !== 200) throw providerError('accounts', 'PROVIDER_FAILED', `it answered ${status}`);
  const read = shape.safeParse(body);
  if (read.success) return read.data;
  throw providerError('accounts', 'PROVIDER_FAILED', `its answer breaks the contract: ${reasonOf(read.error)}`);
}
