import * as z from 'zod';
import { currencies } from '../kit/money.ts';
import type { Operation } from './operation.ts';
import { accountIdOf, bodyOf, fingerprintOf, idempotencyKeyOf } from './request.ts';
import { type Account, accountsOf, once, openAccount, ownAccount, post } from './store.ts';
import { opening } from './v1.ts';

/** Contract v2: a balance per currency, amounts as whole minor units (safe integers), postings of either sign with a reference. */
export interface AccountV2 {
  readonly id: string;
  readonly owner: string;
  readonly balances: readonly { readonly currency: string; readonly amountMinor: number }[];
}

const posting = z.strictObject({
  currency: z.enum(currencies),
  amountMinor: z.int('whole minor units, at most 2^53-1').refine((amount) => amount !== 0, 'not zero'),
  reference: z.string().min(1).max(140),
});

function toV2({ id, owner, balances }: Account): AccountV2 {
  return {
    id,
    owner,
    balances: balances.map(({ currency, amountMinor }) => ({ currency, amountMinor: Number(amountMinor) })),
  };
}

export const operationsV2: readonly Operation[] = [
  {
    method: 'get',
    path: '/v2/accounts',
    scope: 'exchange.read',
    answer: async ({ database, principal }) => ({
      status: 200,
      body: { accounts: (await accountsOf(database, principal.user)).map(toV2) },
    }),
  },
  {
    method: 'post',
    path: '/v2/accounts',
    scope: 'exchange.write',
    answer: async ({ database, principal, request }) => {
      const key = { owner: principal.user, key: idempotencyKeyOf(request), fingerprint: fingerprintOf(request) };
      const { currency } = bodyOf(request, opening);
      return once(database, key, async (sql) => ({
        status: 201,
        body: toV2(await openAccount(sql, principal.user, currency)),
      }));
    },
  },
  {
    method: 'get',
    path: '/v2/accounts/:id',
    scope: 'exchange.read',
    answer: async ({ database, principal, request }) => ({
      status: 200,
      body: toV2(await ownAccount(database, accountIdOf(request), principal.user)),
    }),
  },
  {
    method: 'post',
    path: '/v2/accounts/:id/postings',
    scope: 'exchange.write',
    answer: async ({ database, principal, request }) => {
      const key = { owner: principal.user, key: idempotencyKeyOf(request), fingerprint: fingerprintOf(request) };
      const id = accountIdOf(request);
      const { currency, amountMinor, reference } = bodyOf(request, posting);
      return once(database, key, async (sql) => {
        await ownAccount(sql, id, principal.user);
        await post(sql, id, { currency, amountMinor: BigInt(amountMinor), reference });
        return { status: 201, body: toV2(await ownAccount(sql, id, principal.user)) };
      });
    },
  },
];
