/** The ways of talking that the exchange is to show, and what each needs to be on. */
export interface Method {
  readonly name: string;
  readonly conversation: string;
  /** Services that must be ready; none: it is not part of the exchange yet. */
  readonly services: readonly string[];
  /** Why it is off whatever runs; people see only how many there are. */
  readonly off?: string;
}

export interface MethodState {
  readonly name: string;
  readonly conversation: string;
  readonly on: boolean;
  readonly reason?: string;
  /** It is off whatever runs. */
  readonly never?: true;
}

const notBuilt = 'its services are not part of the exchange yet';
const row = (name: string, conversation: string, services: readonly string[] = [], off?: string): Method => ({
  name,
  conversation,
  services,
  off: off ?? (services.length === 0 ? notBuilt : undefined),
});
const ownSidecars =
  'the embedded cluster carries its objects out with sidecars of its own; the mesh itself needs a Kubernetes cluster';

export const methods: readonly Method[] = [
  row('REST', 'web, portfolio -> accounts', ['accounts']),
  row('signed token', 'identity -> every REST call', ['identity', 'accounts']),
  row('gRPC', 'portfolio, traders -> orders', ['orders']),
  row('GraphQL', 'web -> portfolio', ['portfolio', 'accounts', 'orders']),
  row('WebSocket', 'browsers -> quotes'),
  row('Server-Sent Events', 'browsers -> quotes'),
  row('push notification', 'notifications -> browsers'),
  row('message broker (RabbitMQ)', 'orders -> notifications'),
  row('queue (SQS)', 'orders -> settlement'),
  row('event streaming (Kafka)', 'trades -> recommendations'),
  row('event streaming (Pulsar)', 'clickstream -> analytics'),
  row('webhooks', 'exchange -> partners'),
  row('TCP', 'accounts -> payments'),
  row('UDP', 'market-feed -> quotes'),
  row('runtime plugin', 'pricing plugins in quotes'),
  row('shared database', 'accounts, reporting -> ledger'),
  row('database replication', 'ledger -> reporting'),
  row('end-to-end encryption', 'client -> messenger -> client'),
  row('service mesh: Istio', 'all', [], ownSidecars),
  row('service mesh: Linkerd', 'all', [], ownSidecars),
];

/** Each method as on, or off with the reason. `ready`: services of which a release with weight is ready. */
export function methodStates(ready: ReadonlySet<string>): MethodState[] {
  return methods.map(({ name, conversation, services, off }) => {
    const missing = services.filter((service) => !ready.has(service));
    const reason = off ?? (missing.length > 0 ? `not ready: ${missing.join(', ')}` : undefined);
    return {
      name,
      conversation,
      on: reason === undefined,
      ...(reason ? { reason } : {}),
      ...(off ? { never: true as const } : {}),
    };
  });
}
