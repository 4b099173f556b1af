import { type KeyPair, makeAuthority } from '../pki/certificate.ts';
import { forgeIdentity } from './certificates.ts';
import type { Exchange } from './exchange.ts';
import type { Caller, Verdict } from './probe.ts';
import type { Door, Prober } from './prober.ts';

const hourMs = 3_600_000;

/** Who may call a provider, and how. */
export interface Conversation extends Door {
  readonly callers: readonly string[];
  /** Real identities of the exchange that may not. */
  readonly except: readonly string[];
}

/** The edges of the exchange, as README's picture has them. */
export const conversations: readonly Conversation[] = [
  {
    provider: 'identity',
    protocol: 'rest',
    port: 8080,
    callers: ['edge', 'accounts', 'orders', 'portfolio'],
    except: ['postgres'],
  },
  {
    provider: 'accounts',
    protocol: 'rest',
    port: 8080,
    callers: ['edge', 'portfolio', 'orders'],
    except: ['identity', 'postgres'],
  },
  {
    provider: 'orders',
    protocol: 'grpc',
    port: 8080,
    callers: ['edge', 'portfolio'],
    except: ['identity', 'accounts', 'postgres'],
  },
  {
    provider: 'portfolio',
    protocol: 'graphql',
    port: 8080,
    callers: ['edge'],
    except: ['identity', 'accounts', 'orders'],
  },
  {
    provider: 'postgres',
    protocol: 'tcp',
    port: 5432,
    callers: ['accounts', 'orders'],
    except: ['identity', 'portfolio', 'edge'],
  },
];

/** Identities by the mesh's own authority, by the same two hours ago, and by one that nobody here trusts. */
export interface Forgery {
  as(serviceAccount: string, namespace?: string): Promise<KeyPair>;
  /** Everyone who must not get in where `caller` may. */
  intruders(caller: string, except: readonly string[]): Promise<[string, Caller][]>;
}

/** Plays any identity, with the key of the mesh's own authority. */
export async function openForgery(exchange: Exchange): Promise<Forgery> {
  const now = Date.now();
  const own = await exchange.identityAuthority();
  const foreign = await makeAuthority('O=cluster.local, CN=nobody knows it', now, now + hourMs);
  const valid = { notBeforeMs: now - 60_000, notAfterMs: now + hourMs };
  const past = { notBeforeMs: now - 2 * hourMs, notAfterMs: now - hourMs };
  const by = (authority: KeyPair, serviceAccount: string, life = valid, namespace = 'exchange') =>
    forgeIdentity(authority, { namespace, serviceAccount, ...life });
  return {
    as: (serviceAccount, namespace) => by(own, serviceAccount, valid, namespace),
    intruders: async (caller, except) => [
      ['plaintext', 'plaintext'],
      ['no certificate', 'no certificate'],
      [`foreign CA, identity ${caller}`, await by(foreign, caller)],
      [`expired certificate of ${caller}`, await by(own, caller, past)],
      [`right CA, ${caller} of another namespace`, await by(own, caller, valid, 'elsewhere')],
      ...(await Promise.all(
        [...except, 'stranger'].map(
          async (name): Promise<[string, Caller]> => [`right CA, identity ${name}`, await by(own, name)],
        ),
      )),
    ],
  };
}

/** One row of the matrix: who came, and what became of it. */
export interface Row {
  readonly who: string;
  readonly verdict: Verdict;
}

/** Everyone at the door of one edge; the first is the one who may come in. */
export async function rowsOf(
  prober: Prober,
  forgery: Forgery,
  conversation: Conversation,
  caller: string,
): Promise<Row[]> {
  const comers: [string, Caller][] = [
    [`right CA, identity ${caller}`, await forgery.as(caller)],
    ...(await forgery.intruders(caller, conversation.except)),
  ];
  const verdicts = await prober.knock(
    conversation,
    caller,
    comers.map(([, credentials]) => credentials),
  );
  return comers.map(([who], index) => {
    const verdict = verdicts[index];
    if (!verdict) throw new Error(`the prober said nothing about ${who}`);
    return { who, verdict };
  });
}
