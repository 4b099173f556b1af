import * as z from 'zod';
import { currencies } from '../kit/money.ts';
import { accountOperations, bookingOperation, type Operation } from './operation.ts';
import { type Account, post } from './store.ts';

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
  ...accountOperations('v2', toV2),
  bookingOperation(
    '/v2/accounts/:id/postings',
    posting,
    (sql, { id }, { currency, amountMinor, reference }) =>
      post(sql, id, { currency, amountMinor: BigInt(amountMinor), reference }),
    toV2,
  ),
];
