import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Authority, openAuthority } from '../local/pki/authority.ts';
import type { Exchange } from './exchange.ts';
import { podOf } from './pods.ts';
import { type Caller, type Credentials, type Protocol, probe, type Target, type Verdict } from './probe.ts';

const trustDomain = 'cluster.local';
const hourMs = 3_600_000;

/** Who may call a provider, and how. */
export interface Conversation {
  readonly provider: string;
  readonly protocol: Protocol;
  readonly port: number;
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

/** Three authorities: the cluster's own, the same two hours ago, and one that nobody here trusts. */
export interface Forgery {
  as(serviceAccount: string, namespace?: string): Promise<Credentials>;
  /** Everyone who must not get in where `caller` may. */
  intruders(caller: string, except: readonly string[]): Promise<[string, Caller][]>;
  close(): void;
}

/** Plays any identity, with the key of the exchange's own authority. */
export async function openForgery(exchange: Exchange): Promise<Forgery> {
  const dir = join(exchange.home, 'pki');
  const foreignDir = mkdtempSync(join(tmpdir(), 'foreign-pki-'));
  const now = () => Date.now();
  const own = await openAuthority({ dir, clock: { now }, trustDomain });
  const past = { now: () => now() - 2 * hourMs };
  const expired = await openAuthority({ dir, clock: past, trustDomain, identityLifeMs: hourMs });
  const foreign = await openAuthority({ dir: foreignDir, clock: { now }, trustDomain });
  const by = (authority: Authority, serviceAccount: string, namespace = 'exchange') =>
    authority.identity({ namespace, serviceAccount });
  return {
    as: (serviceAccount, namespace) => by(own, serviceAccount, namespace),
    intruders: async (caller, except) => [
      ['plaintext', 'plaintext'],
      ['no certificate', 'no certificate'],
      [`foreign CA, identity ${caller}`, await by(foreign, caller)],
      [`expired certificate of ${caller}`, await by(expired, caller)],
      [`right CA, ${caller} of another namespace`, await by(own, caller, 'elsewhere')],
      ...(await Promise.all(
        [...except, 'stranger'].map(
          async (name): Promise<[string, Caller]> => [`right CA, identity ${name}`, await by(own, name)],
        ),
      )),
    ],
    close: () => rmSync(foreignDir, { recursive: true }),
  };
}

/** Where the sidecar of a provider's Pod listens for others. */
export async function inbound(
  exchange: Exchange,
  { provider, port }: Pick<Conversation, 'provider' | 'port'>,
): Promise<Target> {
  const { status } = await podOf(exchange, provider);
  if (!status?.podIP) throw new Error(`${provider} has no address`);
  return { ip: status.podIP, port: 15006, serverName: `p${port}` };
}

/** One row of the matrix: who came, and what became of it. */
export interface Row {
  readonly who: string;
  readonly verdict: Verdict;
}

/** Everyone at the door of one edge; the first is the one who may come in. */
export async function rowsOf(
  exchange: Exchange,
  forgery: Forgery,
  conversation: Conversation,
  caller: string,
): Promise<Row[]> {
  const target = await inbound(exchange, conversation);
  const comers: [string, Caller][] = [
    [`right CA, identity ${caller}`, await forgery.as(caller)],
    ...(await forgery.intruders(caller, conversation.except)),
  ];
  const rows: Row[] = [];
  for (const [who, credentials] of comers) {
    rows.push({ who, verdict: await probe(target, conversation.protocol, credentials) });
  }
  return rows;
}
