import { type IdentityForm, identityOf } from '../identity.ts';
import { edgesOf, type MeshIntent, serviceAccountOf } from '../intent.ts';

/** One conversation that the intent allows. */
export interface Edge {
  readonly source: string;
  readonly destination: string;
  /** Port of the destination. */
  readonly port: number;
  readonly clientIdentity: string;
  readonly serverIdentity: string;
}

/** `no` and `unknown` say why. Nothing seen is `unknown`, never `yes`. */
export type Secured =
  | { readonly state: 'yes' }
  | { readonly state: 'no'; readonly reason: string }
  | { readonly state: 'unknown'; readonly reason: string };

/** What was seen of an edge. */
export interface EdgeVerdict {
  readonly secured: Secured;
  /** Connections of the callers that run now to the Pods that run now; absent: nobody could be asked. */
  readonly connections?: number;
  /** TLS handshakes of these callers; absent where the proxies keep no count of them. */
  readonly handshakes?: number;
}

/** Every edge of the intent, by caller and then provider. */
export function allowedEdges(intent: MeshIntent, form: IdentityForm): Edge[] {
  const identity = (serviceAccount: string) => identityOf(form, { ...intent, serviceAccount });
  return edgesOf(intent)
    .map(({ provider, caller }) => ({
      source: caller,
      destination: provider.name,
      port: provider.port,
      clientIdentity: identity(serviceAccountOf(intent, caller)),
      serverIdentity: identity(provider.serviceAccount),
    }))
    .sort((a, b) => a.source.localeCompare(b.source, 'en') || a.destination.localeCompare(b.destination, 'en'));
}

/** One look at one fact: what speaks against the edge, or what could not be seen. */
export type Doubt = Exclude<Secured, { readonly state: 'yes' }>;

export const no = (reason: string): Doubt => ({ state: 'no', reason });
export const unknown = (reason: string): Doubt => ({ state: 'unknown', reason });

/** `yes` when there is no doubt; what speaks against it weighs more than what could not be seen. */
export function weigh(doubts: readonly Doubt[]): Secured {
  return doubts.find(({ state }) => state === 'no') ?? doubts[0] ?? { state: 'yes' };
}

/** A Pod of an edge and what was read of its proxy; `none`: it has no proxy; `unread`: why that could not be read. */
export type Seen<Proxy> = { readonly pod: string; readonly ip: string } & (
  | { readonly state: 'read'; readonly proxy: Proxy }
  | { readonly state: 'none'; readonly reason: string }
  | { readonly state: 'unread'; readonly reason: string }
);

/** The proxies of one end of an edge, and a doubt for each Pod that has none that could be read. */
export function proxiesOf<Proxy>(
  service: string,
  pods: readonly Seen<Proxy>[],
): { readonly read: readonly { readonly pod: string; readonly proxy: Proxy }[]; readonly doubts: readonly Doubt[] } {
  if (pods.length === 0) return { read: [], doubts: [unknown(`${service} has no ready Pod`)] };
  return {
    read: pods.flatMap((each) => (each.state === 'read' ? [{ pod: each.pod, proxy: each.proxy }] : [])),
    doubts: pods.flatMap((each) => {
      if (each.state === 'read') return [];
      return each.state === 'none'
        ? [no(`Pod ${each.pod} is not in the mesh: ${each.reason}`)]
        : [unknown(`the sidecar of Pod ${each.pod} cannot be read: ${each.reason}`)];
    }),
  };
}
