import * as z from 'zod';
import { currencies } from '../kit/money.ts';
import { Problem } from '../kit/problem.ts';

/** An order as it is kept, whatever contract it came by. */
export interface Order {
  readonly id: string;
  readonly accountId: string;
  readonly clientOrderId: string;
  readonly instrument: string;
  readonly side: Side;
  readonly quantity: bigint;
  readonly terms: Terms;
  readonly status: Status;
  /** Of the change that this shows. */
  readonly sequence: bigint;
}

export type Side = 'buy' | 'sell';

/** `accepted` is for an instant only: the change before an order is filled, expires, or goes into the book. */
export type Status = 'accepted' | 'open' | 'filled' | 'cancelled' | 'expired';

export type TimeInForce = 'good-till-cancelled' | 'day' | 'immediate-or-cancel';

export type Terms =
  | { readonly kind: 'market' }
  | {
      readonly kind: 'limit';
      readonly currency: string;
      readonly amountMinor: bigint;
      readonly timeInForce: TimeInForce;
    };

const accountId = z.uuid('a UUID');
const clientOrderId = z.string().regex(/^[\x21-\x7e]{1,64}$/, '1..64 printable characters');

const wish = z.object({
  accountId,
  clientOrderId,
  instrument: z.string().regex(/^[A-Z0-9.-]{1,12}$/, 'such as ACME'),
  side: z.enum(['buy', 'sell'], 'buy or sell'),
  quantity: z.bigint().min(1n, 'at least 1').max(1_000_000_000n, 'at most 1000000000'),
  terms: z.discriminatedUnion(
    'kind',
    [
      z.object({ kind: z.literal('market') }),
      z.object({
        kind: z.literal('limit'),
        currency: z.enum(currencies, `one of ${currencies.join(', ')}`),
        amountMinor: z.bigint().min(1n, 'more than zero'),
        timeInForce: z.enum(['good-till-cancelled', 'day', 'immediate-or-cancel'], 'a time in force'),
      }),
    ],
    'market or limit',
  ),
});

/** What a client wants: everything of an order but what the exchange decides. */
export type OrderWish = Omit<Order, 'id' | 'status' | 'sequence'>;

/** A wish as it arrived: what the contract left open is undefined. */
export type UncheckedWish = { readonly [field in keyof OrderWish]: OrderWish[field] | undefined };

/** @throws Problem 400 that names each wrong field. */
export function checkedWish(given: UncheckedWish): OrderWish {
  return checked(wish, given);
}

export interface CancelWish {
  readonly accountId: string;
  readonly clientOrderId: string;
}

/** @throws Problem 400 */
export function checkedCancel(given: CancelWish): CancelWish {
  return checked(z.object({ accountId, clientOrderId }), given);
}

/** @throws Problem 400 */
export function checkedAccountId(given: string): string {
  return checked(z.object({ accountId }), { accountId: given }).accountId;
}

function checked<T extends z.ZodType>(shape: T, given: unknown): z.infer<T> {
  const read = shape.safeParse(given);
  if (read.success) return read.data;
  const problems = read.error.issues.map((issue) => `${issue.path.join('.')}: expected ${issue.message}`);
  throw new Problem(400, 'bad-request', problems.join('; '), 'see the contract in exchange/orders');
}

/** What becomes of an accepted order at once: there is no matching engine, so a limit order waits in the book, or expires if it may not. */
export function outcomeOf(terms: Terms): Status {
  if (terms.kind === 'market') return 'filled';
  return terms.timeInForce === 'immediate-or-cancel' ? 'expired' : 'open';
}
