import type { Clock } from '../../kube/clock.ts';
import { CallError } from './call-error.ts';
import type { EdgeAddress } from './release-calls.ts';
import { requestToken, type Token, type TokenClient } from './token-request.ts';

/** Decoded data of a Secret; undefined: it is not there. */
export type ReadSecret = (namespace: string, name: string) => Promise<Readonly<Record<string, string>> | undefined>;

/** Bearer tokens of one client. */
export interface Credentials {
  /** A token that holds for a while yet. Throws a CallError: `NoCredentials`, `TokenRefused`, `TokenUnavailable`. */
  token(): Promise<string>;
  /** The service refused this token: the next one is a new one. */
  refused(token: string): void;
}

export interface CredentialsOptions {
  readonly namespace: string;
  readonly secretName: string;
  readonly readSecret: ReadSecret;
  readonly edge: EdgeAddress;
  readonly clock: Clock;
}

/** Keys of the Secret. */
const credentialKeys = { tokenUrl: 'token-url', clientId: 'client-id', clientSecret: 'client-secret' } as const;

/** A token is not used in the last seconds of its life, or in the last half of a short one. */
const spareMs = 30_000;
/** The token endpoint is asked at most once in this time, also when it fails or when services refuse its tokens. */
const betweenRequestsMs = 1_000;

interface Asked {
  readonly token: Promise<Token>;
  /** Known when the answer is there. */
  answeredAtMs: number;
  endsAtMs: number;
}

/**
 * Tokens by the client credentials grant (RFC 6749, section 4.4): one request at a time, its token kept until shortly before it ends. The Secret
 * is read anew for each token.
 */
export function openCredentials(options: CredentialsOptions): Credentials {
  const { clock } = options;
  let asked: Asked | undefined;
  const ask = (): Asked => {
    const fresh: Asked = { token: newToken(options), answeredAtMs: 0, endsAtMs: Number.POSITIVE_INFINITY };
    fresh.token.then(
      ({ lifeMs }) => {
        fresh.answeredAtMs = clock.now();
        fresh.endsAtMs = fresh.answeredAtMs + Math.max(lifeMs - spareMs, lifeMs / 2);
      },
      () => {
        fresh.endsAtMs = clock.now() + betweenRequestsMs;
      },
    );
    return fresh;
  };
  return {
    async token() {
      if (!asked || clock.now() >= asked.endsAtMs) asked = ask();
      return (await asked.token).text;
    },
    refused(token) {
      const last = asked;
      last?.token.then(
        ({ text }) => {
          if (text === token) last.endsAtMs = last.answeredAtMs + betweenRequestsMs;
        },
        () => {}, // Whoever asked for it was told.
      );
    },
  };
}

async function newToken(options: CredentialsOptions): Promise<Token> {
  return requestToken(await clientOf(options), options.edge);
}

async function clientOf({ namespace, secretName, readSecret, edge }: CredentialsOptions): Promise<TokenClient> {
  const there = `Secret ${namespace}/${secretName}`;
  const data = await readSecret(namespace, secretName).catch((cause: unknown) => {
    throw new CallError(
      'SecretUnreadable',
      `${there} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      `see whether the controller may: kubectl auth can-i get secrets -n ${namespace}`,
      cause,
    );
  });
  const make = `put ${Object.values(credentialKeys).join(', ')} into it, or name another in spec.calls.credentials`;
  if (!data) throw new CallError('NoCredentials', `${there} is not there`, `make it, and ${make}`);
  const missing = Object.values(credentialKeys).filter((key) => !data[key]);
  if (missing.length > 0) throw new CallError('NoCredentials', `${there} has no ${missing.join(' and no ')}`, make);
  const { [credentialKeys.tokenUrl]: given = '', [credentialKeys.clientId]: id = '' } = data;
  const url = URL.parse(given, edge.url);
  if (!url || !/^https?:$/.test(url.protocol))
    throw new CallError(
      'NoCredentials',
      `${there}: token-url \`${given}\` is neither an http address nor a path`,
      make,
    );
  return { url, id, secret: data[credentialKeys.clientSecret] ?? '' };
}
