import type { Catalogue } from './catalogue.ts';

/** A Secret that is made once, outside the charts, and never rendered. */
export interface SecretContract {
  readonly name: string;
  readonly type: 'Opaque' | 'kubernetes.io/tls';
  /** Keys that must be there, and what each holds. */
  readonly keys: Readonly<Record<string, string>>;
}

/** What the objects of the exchange expect to find; `parley up` makes them, other installers read it here. */
export const secretContracts = {
  edgeTls: {
    name: 'edge-tls',
    type: 'kubernetes.io/tls',
    keys: { 'tls.crt': 'certificate chain of the edge, PEM', 'tls.key': 'its private key, PEM' },
  },
  postgres: {
    name: 'postgres',
    type: 'Opaque',
    keys: { username: 'superuser of the database server, which nothing but the server uses', password: 'its password' },
  },
  identity: {
    name: 'identity',
    type: 'Opaque',
    keys: { jwks: 'private signing keys, a JSON Web Key Set', clients: 'clients that may ask for tokens, JSON' },
  },
  rolloutCalls: {
    name: 'rollout-calls',
    type: 'Opaque',
    keys: {
      'token-url': 'where the client of rollouts gets its tokens: an address, or a path of the edge',
      'client-id': 'that client, as the Secret `identity` lists it',
      'client-secret': 'its secret',
    },
  },
} as const satisfies Record<string, SecretContract>;

/** Key of the Secret `postgres` that holds the password of a service's own role, URL-safe characters only. */
export function databasePasswordKey(service: string): string {
  return `password-${service}`;
}

/** The contracts with the keys that depend on the catalogue: the Secret `postgres` has a password for each service with a database. */
export function secretContractsOf(catalogue: Catalogue): readonly SecretContract[] {
  const { postgres, ...others } = secretContracts;
  const owned = catalogue.filter(({ database }) => database !== undefined);
  const passwords = owned.map(({ name }) => [databasePasswordKey(name), `password of the role ${name}`] as const);
  return [{ ...postgres, keys: { ...postgres.keys, ...Object.fromEntries(passwords) } }, ...Object.values(others)];
}

/** Variables that a service gets from its Secret (`secret` in service.json): variable -> key. */
export const secretVariables: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  identity: { IDENTITY_JWKS: 'jwks', IDENTITY_CLIENTS: 'clients' },
};
