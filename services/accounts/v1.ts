import * as z from 'zod';
import { type Currency, fromMinor, toMinor } from '../kit/money.ts';
import { Problem } from '../kit/problem.ts';
import { accountOperations, bookingOperation, type Operation } from './operation.ts';
import { type Account, post } from './store.ts';

/** Contract v1: one balance per account, amounts as decimal strings. */
export interface AccountV1 {
  readonly id: string;
  readonly owner: string;
  readonly currency: Currency;
  readonly balance: string;
}

const deposit = z.strictObject({ amount: z.string().max(32) });

/** What a v1 caller sees of an account: the balance in the currency that it was opened in. */
function toV1({ id, owner, currency, balances }: Account): AccountV1 {
  const held = balances.find((balance) => balance.currency === currency);
  return { id, owner, currency, balance: fromMinor(held?.amountMinor ?? 0n, currency) };
}

export const operationsV1: readonly Operation[] = [
  ...accountOperations('v1', toV1),
  bookingOperation(
    '/v1/accounts/:id/deposits',
    deposit,
    async (sql, { id, currency }, { amount }) => {
      const amountMinor = toMinor(amount, currency);
      if (amountMinor <= 0n)
        throw new Problem(400, 'bad-amount', 'a deposit is more than zero', 'send a positive amount');
      await post(sql, id, { currency, amountMinor });
    },
    toV1,
  ),
];
