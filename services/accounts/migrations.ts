import type { Migration } from '../kit/postgres.ts';

const accounts: Migration = {
  id: '0001-accounts',
  sql: `
    create table accounts (
      id uuid primary key default gen_random_uuid(),
      owner text not null,
      currency text not null,
      created_at timestamptz not null default now()
    );
    create index accounts_by_owner on accounts (owner, created_at);
    create table balances (
      account_id uuid not null references accounts (id),
      currency text not null,
      amount_minor bigint not null check (amount_minor >= 0),
      primary key (account_id, currency)
    );
    create table postings (
      id uuid primary key default gen_random_uuid(),
      account_id uuid not null references accounts (id),
      currency text not null,
      amount_minor bigint not null,
      created_at timestamptz not null default now()
    );
    create table idempotency (
      owner text not null,
      key text not null,
      fingerprint text not null,
      status integer,
      body jsonb,
      created_at timestamptz not null default now(),
      primary key (owner, key)
    );`,
};

/** Contract v2 knows why money moved. Nullable, so that release 1.4.0 goes on writing without it. */
const references: Migration = { id: '0002-posting-reference', sql: 'alter table postings add column reference text;' };

/** The migrations that a release needs. */
export function migrationsFor(contracts: readonly string[]): readonly Migration[] {
  return contracts.includes('v2') ? [accounts, references] : [accounts];
}
