/**
 * Brings one service's role and database to where they belong, however often it runs: every query returns statements, which are then executed
 * (psql: `\gexec`). `:'role'`, `:'database'` and `:'password'` are literals that the caller fills in, as psql does. Roles own their database and
 * can connect to no other, because nobody connects to a database as PUBLIC (https://www.postgresql.org/docs/18/ddl-priv.html).
 */
export const ownershipQueries: readonly string[] = [
  "select format('create role %I', :'role') where not exists (select from pg_roles where rolname = :'role')",
  "select format('alter role %I login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password %L', :'role', :'password')",
  "select format('create database %I owner %I', :'database', :'role') where not exists (select from pg_database where datname = :'database')",
  "select format('alter database %I owner to %I', :'database', :'role')",
  "select format('revoke all on database %I from public', datname) from pg_database where datallowconn",
];

/** A role and what it owns, as `PARLEY_DATABASES` lists them: `accounts/accounts,orders/orders`. */
export interface DatabaseOwner {
  readonly role: string;
  readonly database: string;
}

/** The value of `PARLEY_DATABASES`. */
export function databaseList(owners: readonly DatabaseOwner[]): string {
  return owners.map(({ role, database }) => `${role}/${database}`).join(',');
}

/** Variable of the database server that holds the password of a role. */
export function passwordVariable(role: string): string {
  return `PARLEY_PASSWORD_${role.toUpperCase().replaceAll('-', '_')}`;
}
