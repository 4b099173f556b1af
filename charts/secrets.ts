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
    keys: { username: 'role that owns the databases', password: 'its password, URL-safe characters only' },
  },
  identity: {
    name: 'identity',
    type: 'Opaque',
    keys: { jwks: 'private signing keys, a JSON Web Key Set', clients: 'clients that may ask for tokens, JSON' },
  },
} as const satisfies Record<string, SecretContract>;

/** Variables that a service gets from its Secret (`secret` in service.json): variable -> key. */
export const secretVariables: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  identity: { IDENTITY_JWKS: 'jwks', IDENTITY_CLIENTS: 'clients' },
};
