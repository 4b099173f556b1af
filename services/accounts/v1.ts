import * as z from 'zod';
import { type Currency, currencies, fromMinor, toMinor } from '../kit/money.ts';
import { Problem } from '../kit/problem.ts';
import type { Operation } from './operation.ts';
import { accountIdOf, bodyOf, fingerprintOf, idempotencyKeyOf } from './request.ts';
import { type Account, accountsOf, once, openAccount, ownAccount, post } from './store.ts';

/** Contract v1: one balance per account, amounts as decimal strings. */
export interface AccountV1 {
  readonly id: string;
  readonly owner: string;
  readonly currency: Currency;
  readonly balance: string;
}

export const opening = z.strictObject({ currency: z.enum(currencies) });
const deposit = z.strictObject({ amount: z.string().max(32) });

/** What a v1 caller sees of an account: the balance in the currency that it was opened in. */
export function toV1({ id, owner, currency, balances }: Account): AccountV1 {
  const held = balances.find((balance) => balance.currency === currency);
  return { id, owner, currency, balance: fromMinor(held?.amountMinor ?? 0n, currency) };
}

export const operationsV1: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/accounts',
    scope: 'exchange.read',
    answer: async ({ database, principal }) => ({
      status: 200,
      body: { accounts: (await accountsOf(database, principal.user)).map(toV1) },
    }),
  },
  {
    method: 'post',
    path: '/v1/accounts',
    scope: 'exchange.write',
    answer: async ({ database, principal, request }) => {
      const key = { owner: principal.user, key: idempotencyKeyOf(request), fingerprint: fingerprintOf(request) };
      const { currency } = bodyOf(request, opening);
      return once(database, key, async (sql) => ({
        status: 201,
        body: toV1(await openAccount(sql, principal.user, currency)),
      }));
    },
  },
  {
    method: 'get',
    path: '/v1/accounts/:id',
    scope: 'exchange.read',
    answer: async ({ database, principal, request }) => ({
      status: 200,
      body: toV1(await ownAccount(database, accountIdOf(request), principal.user)),
    }),
  },
  {
    method: 'post',
    path: '/v1/accounts/:id/deposits',
    scope: 'exchange.write',
    answer: async ({ database, principal, request }) => {
      const key = { owner: principal.user, key: idempotencyKeyOf(request), fingerprint: fingerprintOf(request) };
      const id = accountIdOf(request);
      const { amount } = bodyOf(request, deposit);
      return once(database, key, async (sql) => {
        const { currency } = await ownAccount(sql, id, principal.user);
        const amountMinor = toMinor(amount, currency);
        if (amountMinor <= 0n)
          throw new Problem(400, 'bad-amount', 'a deposit is more than zero', 'send a positive amount');
        await post(sql, id, { currency, amountMinor });
        return { status: 201, body: toV1(await ownAccount(sql, id, principal.user)) };
      });
    },
  },
];
