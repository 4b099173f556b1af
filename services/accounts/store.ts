import { type Currency, isCurrency } from '../kit/money.ts';
import type { Database, Sql } from '../kit/postgres.ts';
import { Problem } from '../kit/problem.ts';

export interface Balance {
  readonly currency: Currency;
  readonly amountMinor: bigint;
}

/** An account as it is kept: one currency that it was opened in, and a balance for each currency that it ever held. */
export interface Account {
  readonly id: string;
  readonly owner: string;
  readonly currency: Currency;
  readonly balances: readonly Balance[];
}

export interface Posting extends Balance {
  readonly reference?: string;
}

interface Row {
  id: string;
  owner: string;
  currency: string;
  balances: { currency: string; amount_minor: string }[];
}

const selectAccounts = `
  select a.id, a.owner, a.currency,
         coalesce(json_agg(json_build_object('currency', b.currency, 'amount_minor', b.amount_minor::text) order by b.currency)
                  filter (where b.currency is not null), '[]') as balances
    from accounts a left join balances b on b.account_id = a.id`;

export async function accountsOf(sql: Sql, owner: string): Promise<readonly Account[]> {
  const rows = await sql.query<Row>(
    `${selectAccounts} where a.owner = $1 group by a.id order by a.created_at, a.id limit 1000`,
    [owner],
  );
  return rows.map(accountFrom);
}

export async function openAccount(sql: Sql, owner: string, currency: Currency): Promise<Account> {
  const [row] = await sql.query<{ id: string }>('insert into accounts (owner, currency) values ($1, $2) returning id', [
    owner,
    currency,
  ]);
  if (!row) throw new TypeError('an insert that returns nothing');
  await sql.query('insert into balances (account_id, currency, amount_minor) values ($1, $2, 0)', [row.id, currency]);
  return { id: row.id, owner, currency, balances: [{ currency, amountMinor: 0n }] };
}

/** @throws Problem 404 for an unknown account, 403 for someone else's. */
export async function ownAccount(sql: Sql, id: string, owner: string): Promise<Account> {
  const rows = await sql.query<Row>(`${selectAccounts} where a.id = $1 group by a.id`, [id]);
  const account = rows[0] && accountFrom(rows[0]);
  if (!account) throw new Problem(404, 'unknown-account', `there is no account ${id}`, 'list yours: GET /v1/accounts');
  if (account.owner !== owner)
    throw new Problem(403, 'not-your-account', `the account ${id} is someone else's`, 'list yours: GET /v1/accounts');
  return account;
}

/** Books an amount. @throws Problem 409 when the balance would fall below zero or leave 64 bits. */
export async function post(sql: Sql, accountId: string, posting: Posting): Promise<void> {
  const { currency, amountMinor, reference } = posting;
  const changed = await sql.query(
    `insert into balances as b (account_id, currency, amount_minor) values ($1, $2, 0) on conflict (account_id, currency) do update set amount_minor = b.amount_minor returning amount_minor`,
    [accountId, currency],
  );
  const held = BigInt(String(changed[0]?.amount_minor));
  const next = held + amountMinor;
  if (next < 0n)
    throw new Problem(
      409,
      'insufficient-funds',
      `the account holds less than ${-amountMinor} minor units of ${currency}`,
      'post less, or deposit first',
    );
  if (next >= 2n ** 63n) throw new Problem(409, 'balance-too-large', 'the balance would be too large', 'post less');
  await sql.query('update balances set amount_minor = $3 where account_id = $1 and currency = $2', [
    accountId,
    currency,
    next.toString(),
  ]);
  if (reference === undefined) {
    await sql.query('insert into postings (account_id, currency, amount_minor) values ($1, $2, $3)', [
      accountId,
      currency,
      amountMinor.toString(),
    ]);
  } else {
    await sql.query('insert into postings (account_id, currency, amount_minor, reference) values ($1, $2, $3, $4)', [
      accountId,
      currency,
      amountMinor.toString(),
      reference,
    ]);
  }
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** One wish of a caller that must take effect once. */
export interface Once {
  readonly owner: string;
  readonly key: string;
  /** Of the request that the key stands for. */
  readonly fingerprint: string;
}

/**
 * Does `work` once per owner and key, and gives its answer to every repetition (draft-ietf-httpapi-idempotency-key-header). The key is taken
 * in the transaction of the effect: a repetition that comes at the same time waits for it.
 * @throws Problem 422 when the key came with another request before.
 */
export async function once(
  database: Database,
  { owner, key, fingerprint }: Once,
  work: (sql: Sql) => Promise<Answer>,
): Promise<Answer> {
  return database.transaction(async (sql) => {
    const taken = await sql.query(
      'insert into idempotency (owner, key, fingerprint) values ($1, $2, $3) on conflict do nothing returning key',
      [owner, key, fingerprint],
    );
    if (taken.length > 0) {
      const answer = await work(sql);
      await sql.query('update idempotency set status = $3, body = $4 where owner = $1 and key = $2', [
        owner,
        key,
        answer.status,
        JSON.stringify(answer.body),
      ]);
      return answer;
    }
    const [before] = await sql.query<{ fingerprint: string; status: number; body: unknown }>(
      'select fingerprint, status, body from idempotency where owner = $1 and key = $2',
      [owner, key],
    );
    if (before?.fingerprint !== fingerprint) {
      throw new Problem(
        422,
        'idempotency-key-reused',
        'this Idempotency-Key came with another request before',
        'use a new key for a new request',
      );
    }
    return { status: before.status, body: before.body };
  });
}

function accountFrom(row: Row): Account {
  return {
    id: row.id,
    owner: row.owner,
    currency: known(row.currency),
    balances: row.balances.map((balance) => ({
      currency: known(balance.currency),
      amountMinor: BigInt(balance.amount_minor),
    })),
  };
}

function known(currency: string): Currency {
  if (!isCurrency(currency)) throw new TypeError(`the store holds the unknown currency ${currency}`);
  return currency;
}
