import type { Migration } from '../kit/postgres.ts';

const orders: Migration = {
  id: '0001-orders',
  sql: `
    create table orders (
      id uuid primary key default gen_random_uuid(),
      account_id uuid not null,
      owner text not null,
      client_order_id text not null,
      instrument text not null,
      side text not null,
      quantity bigint not null,
      created_at timestamptz not null default now(),
      unique (account_id, client_order_id)
    );
    create table heads (
      account_id uuid primary key,
      sequence bigint not null
    );
    create table changes (
      account_id uuid not null,
      sequence bigint not null,
      order_id uuid not null references orders (id),
      status text not null,
      at timestamptz not null default now(),
      primary key (account_id, sequence)
    );
    create index changes_by_order on changes (order_id, sequence desc);`,
};

/** Contract v2 has limit orders. Nullable: an order without them is a market order, which is what release 1.4.0 writes. */
const limits: Migration = {
  id: '0002-limit-orders',
  sql: `
    alter table orders add column limit_currency text;
    alter table orders add column limit_amount_minor bigint;
    alter table orders add column time_in_force text;`,
};

/** The migrations that a release needs. */
export function migrationsFor(contracts: readonly string[]): readonly Migration[] {
  return contracts.includes('v2') ? [orders, limits] : [orders];
}
