import type { Call } from '../kit/call.ts';
import type { HttpClient } from '../kit/http-client.ts';
import type { Database } from '../kit/postgres.ts';
import { Problem } from '../kit/problem.ts';
import type { Principal, Scope, TokenVerifier } from '../kit/token.ts';
import type { Feed } from './feed.ts';
import {
  type CancelWish,
  checkedAccountId,
  checkedCancel,
  checkedWish,
  type Order,
  type UncheckedWish,
} from './order.ts';
import { cancelOrder, changesAfter, latestOrders, placeOrder } from './store.ts';
import { abortedOr, lifeOf, untilLeaving } from './stream.ts';

/** What a trading client asks for on its stream. */
export type Wish =
  | { readonly kind: 'place'; readonly order: UncheckedWish }
  | { readonly kind: 'cancel'; readonly order: CancelWish };

/** `leaving` is the protocol's GoingAway, because the instance leaves or the stream is old; for a watch `resumeAfter` says where to go on. */
export type StreamEvent =
  | { readonly kind: 'order'; readonly order: Order }
  | { readonly kind: 'rejected'; readonly clientOrderId: string; readonly cause: unknown }
  | { readonly kind: 'leaving'; readonly resumeAfter: bigint };

export interface BatchResult {
  readonly events: readonly StreamEvent[];
  readonly complete: boolean;
}

/** The operations of the exchange, free of any contract version; v1.ts and v2.ts translate. */
export interface Desk {
  place(call: Call, order: UncheckedWish): Promise<Order>;
  list(call: Call, accountId: string, last: number): Promise<readonly Order[]>;
  watch(call: Call, accountId: string, after: bigint): AsyncIterable<StreamEvent>;
  batch(call: Call, wishes: AsyncIterable<Wish>): Promise<BatchResult>;
  trade(call: Call, wishes: AsyncIterable<Wish>): AsyncIterable<StreamEvent>;
}

export interface DeskParts {
  readonly database: Database;
  readonly tokens: TokenVerifier;
  readonly accounts: HttpClient;
  readonly feed: Feed;
  readonly draining: AbortSignal;
  /** After how long a stream is asked to go on elsewhere; asked for each stream. */
  readonly streamAgeMs: () => number;
}

/** How long a client has to answer GoingAway by ending its side. */
const leavingGraceMs = 3_000;
/** A watcher reads again after this long even if nobody woke it. */
const rereadMs = 5_000;
const accountsTimeoutMs = 2_000;

export function desk(parts: DeskParts): Desk {
  const { database, tokens } = parts;
  return {
    place: async (call, order) => (await trader(call, parts))({ kind: 'place', order }),
    list: async (call, accountId, last) => {
      const { user } = await tokens.verify(call.authorization, 'exchange.read');
      return latestOrders(database, user, checkedAccountId(accountId), Math.min(Math.max(last, 0) || 10, 100));
    },
    watch: (call, accountId, after) => watch(call, checkedAccountId(accountId), after, parts),
    batch: (call, wishes) => batch(call, wishes, parts),
    trade: (call, wishes) => trade(call, wishes, parts),
  };
}

async function* watch(call: Call, accountId: string, after: bigint, parts: DeskParts): AsyncIterable<StreamEvent> {
  const { database, tokens, accounts, feed, draining, streamAgeMs } = parts;
  await verifyOwner(call, accountId, 'exchange.read', tokens, accounts);
  using life = lifeOf(draining, streamAgeMs());
  let seen = after;
  while (!life.leaving.aborted) {
    const { changed, cancel } = feed.next(accountId);
    try {
      const changes = await changesAfter(database, accountId, seen);
      for (const order of changes) {
        yield { kind: 'order', order };
        seen = order.sequence;
      }
      if (changes.length === 0)
        await abortedOr(changed, AbortSignal.any([life.leaving, call.signal, AbortSignal.timeout(rereadMs)]));
    } finally {
      cancel();
    }
    if (call.signal.aborted) return;
  }
  yield { kind: 'leaving', resumeAfter: seen };
}

async function batch(call: Call, wishes: AsyncIterable<Wish>, parts: DeskParts): Promise<BatchResult> {
  const doWish = await trader(call, parts);
  using life = lifeOf(parts.draining, parts.streamAgeMs());
  const events: StreamEvent[] = [];
  for await (const wish of untilLeaving(wishes, life.leaving, leavingGraceMs)) {
    if (wish.kind === 'over') return { events, complete: false };
    if (wish.kind === 'item') events.push(await settled(wish.item, doWish, call));
  }
  return { events, complete: true };
}

async function* trade(call: Call, wishes: AsyncIterable<Wish>, parts: DeskParts): AsyncIterable<StreamEvent> {
  const doWish = await trader(call, parts);
  using life = lifeOf(parts.draining, parts.streamAgeMs());
  for await (const wish of untilLeaving(wishes, life.leaving, leavingGraceMs)) {
    if (wish.kind === 'over') return;
    yield wish.kind === 'leaving' ? { kind: 'leaving', resumeAfter: 0n } : await settled(wish.item, doWish, call);
  }
}

type DoWish = (wish: Wish) => Promise<Order>;

/** Verifies the caller once and each account once per call, then does wishes. */
async function trader(call: Call, { database, tokens, accounts }: DeskParts): Promise<DoWish> {
  const { user } = await tokens.verify(call.authorization, 'exchange.write');
  const own = new Set<string>();
  const verifyAccount = async (accountId: string) => {
    if (own.has(accountId)) return;
    await verifyOwner(call, accountId, 'exchange.write', tokens, accounts);
    own.add(accountId);
  };
  return async (wish) => {
    if (wish.kind === 'cancel') {
      const cancel = checkedCancel(wish.order);
      await verifyAccount(cancel.accountId);
      return cancelOrder(database, user, cancel);
    }
    const order = checkedWish(wish.order);
    await verifyAccount(order.accountId);
    return placeOrder(database, user, order);
  };
}

async function settled(wish: Wish, doWish: DoWish, call: Call): Promise<StreamEvent> {
  try {
    return { kind: 'order', order: await doWish(wish) };
  } catch (cause) {
    if (call.signal.aborted) throw cause;
    return { kind: 'rejected', clientOrderId: wish.order.clientOrderId ?? '', cause };
  }
}

/** Asks accounts (contract v1), with the caller's own token, whether the account is the caller's. @throws Problem 401, 403, 404, 503 */
async function verifyOwner(
  call: Call,
  accountId: string,
  scope: Scope,
  tokens: TokenVerifier,
  accounts: HttpClient,
): Promise<Principal> {
  const principal = await tokens.verify(call.authorization, scope);
  const answer = await accounts
    .send({ path: `/v1/accounts/${accountId}`, operation: 'GET /v1/accounts/{id}', timeoutMs: accountsTimeoutMs, call })
    .catch((cause: unknown) => {
      throw new Problem(503, 'accounts-away', 'accounts does not answer', 'try again in a moment', {}, cause);
    });
  if (answer.status === 200) return principal;
  if (answer.status === 403)
    throw new Problem(403, 'not-your-account', `the account ${accountId} is someone else's`, 'use one of yours');
  if (answer.status === 404)
    throw new Problem(404, 'unknown-account', `there is no account ${accountId}`, 'open one at accounts');
  if (answer.status === 401) throw new Problem(401, 'unauthenticated', 'accounts refused the token', 'get a new token');
  throw new Problem(503, 'accounts-away', `accounts answered ${answer.status}`, 'try again in a moment');
}
