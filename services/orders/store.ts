import type { Database, Sql } from '../kit/postgres.ts';
import { Problem } from '../kit/problem.ts';
import {
  type CancelWish,
  type Order,
  type OrderWish,
  outcomeOf,
  type Side,
  type Status,
  type Terms,
  type TimeInForce,
} from './order.ts';

/** Channel of NOTIFY; the payload is the account whose orders changed. */
export const changesChannel = 'order_changes';

interface Row {
  id: string;
  account_id: string;
  owner: string;
  client_order_id: string;
  instrument: string;
  side: Side;
  quantity: string;
  status: Status;
  sequence: string;
  limit_currency?: string | null;
  limit_amount_minor?: string | null;
  time_in_force?: TimeInForce | null;
}

// `o.*`, because a release that serves v1 only may run before the columns of v2 are there.
const selectChanges =
  'select o.*, c.status, c.sequence::text as sequence from changes c join orders o on o.id = c.order_id';

/**
 * Places an order once per account and client order id. @throws Problem 422 when the id was used for another order.
 */
export async function placeOrder(database: Database, owner: string, wish: OrderWish): Promise<Order> {
  return database.transaction(async (sql) => {
    const id = await insertOrder(sql, owner, wish);
    if (id === undefined) return placedBefore(sql, wish);
    await recordChange(sql, wish.accountId, id, 'accepted');
    const status = outcomeOf(wish.terms);
    const sequence = await recordChange(sql, wish.accountId, id, status);
    return { ...wish, id, status, sequence };
  });
}

/** @throws Problem 404 for an unknown order, 409 when it is not open. */
export async function cancelOrder(
  database: Database,
  owner: string,
  { accountId, clientOrderId }: CancelWish,
): Promise<Order> {
  return database.transaction(async (sql) => {
    await sql.query('select 1 from orders where account_id = $1 and client_order_id = $2 for update', [
      accountId,
      clientOrderId,
    ]);
    const order = await latest(sql, accountId, clientOrderId, owner);
    if (!order)
      throw new Problem(
        404,
        'unknown-order',
        `there is no order ${clientOrderId} in this account`,
        'list them: ListOrders',
      );
    if (order.status !== 'open')
      throw new Problem(
        409,
        'order-not-open',
        `the order ${clientOrderId} is ${order.status}`,
        'only an open order can be cancelled',
      );
    return { ...order, status: 'cancelled', sequence: await recordChange(sql, accountId, order.id, 'cancelled') };
  });
}

/** The latest orders of an account, newest first, each as its last change left it. */
export async function latestOrders(
  sql: Sql,
  owner: string,
  accountId: string,
  last: number,
): Promise<readonly Order[]> {
  const rows = await sql.query<Row>(
    `${selectChanges} where o.account_id = $1 and o.owner = $2
        and c.sequence = (select max(sequence) from changes where order_id = o.id)
      order by o.created_at desc, c.sequence desc limit $3`,
    [accountId, owner, last],
  );
  return rows.map(orderFrom);
}

/** The changes after a sequence, in order, at most 200. */
export async function changesAfter(sql: Sql, accountId: string, after: bigint): Promise<readonly Order[]> {
  const rows = await sql.query<Row>(
    `${selectChanges} where c.account_id = $1 and c.sequence > $2 order by c.sequence limit 200`,
    [accountId, after.toString()],
  );
  return rows.map(orderFrom);
}

async function insertOrder(sql: Sql, owner: string, wish: OrderWish): Promise<string | undefined> {
  const { accountId, clientOrderId, instrument, side, quantity, terms } = wish;
  const columns = ['account_id', 'owner', 'client_order_id', 'instrument', 'side', 'quantity'];
  const values = [accountId, owner, clientOrderId, instrument, side, quantity.toString()];
  if (terms.kind === 'limit') {
    columns.push('limit_currency', 'limit_amount_minor', 'time_in_force');
    values.push(terms.currency, terms.amountMinor.toString(), terms.timeInForce);
  }
  const places = values.map((_value, index) => `$${index + 1}`).join(', ');
  const [row] = await sql.query<{ id: string }>(
    `insert into orders (${columns.join(', ')}) values (${places}) on conflict do nothing returning id`,
    values,
  );
  return row?.id;
}

/** The head's row lock lets changes of one account commit one after another, so that a watcher never sees a gap. */
async function recordChange(sql: Sql, accountId: string, orderId: string, status: Status): Promise<bigint> {
  const [head] = await sql.query<{ sequence: string }>(
    'insert into heads as h (account_id, sequence) values ($1, 1) on conflict (account_id) do update set sequence = h.sequence + 1 returning sequence',
    [accountId],
  );
  if (!head) throw new TypeError('an upsert that returns nothing');
  await sql.query('insert into changes (account_id, sequence, order_id, status) values ($1, $2, $3, $4)', [
    accountId,
    head.sequence,
    orderId,
    status,
  ]);
  await sql.query('select pg_notify($1, $2)', [changesChannel, accountId]);
  return BigInt(head.sequence);
}

async function placedBefore(sql: Sql, wish: OrderWish): Promise<Order> {
  const order = await latest(sql, wish.accountId, wish.clientOrderId);
  if (order && sameWish(order, wish)) return order;
  throw new Problem(
    422,
    'client-order-id-reused',
    `the client_order_id ${wish.clientOrderId} was used for another order`,
    'use a new one for a new order',
  );
}

function sameWish(order: Order, wish: OrderWish): boolean {
  const facts = ({ instrument, side, quantity, terms }: OrderWish) =>
    [instrument, side, quantity, ...Object.values(terms)].join('|');
  return facts(order) === facts(wish);
}

async function latest(sql: Sql, accountId: string, clientOrderId: string, owner?: string): Promise<Order | undefined> {
  const [row] = await sql.query<Row>(
    `${selectChanges} where o.account_id = $1 and o.client_order_id = $2 order by c.sequence desc limit 1`,
    [accountId, clientOrderId],
  );
  return row && (owner === undefined || row.owner === owner) ? orderFrom(row) : undefined;
}

function orderFrom(row: Row): Order {
  return {
    id: row.id,
    accountId: row.account_id,
    clientOrderId: row.client_order_id,
    instrument: row.instrument,
    side: row.side,
    quantity: BigInt(row.quantity),
    terms: termsFrom(row),
    status: row.status,
    sequence: BigInt(row.sequence),
  };
}

function termsFrom({ limit_currency: currency, limit_amount_minor: amount, time_in_force: timeInForce }: Row): Terms {
  if (!currency || !amount || !timeInForce) return { kind: 'market' };
  return { kind: 'limit', currency, amountMinor: BigInt(amount), timeInForce };
}
