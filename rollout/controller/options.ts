import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { dialects } from '../evidence/prometheus-evidence.ts';
import { queueAnnotation } from '../evidence/rabbitmq.ts';

/** How the controller runs as a program of its own. */
export interface ProgramOptions {
  /** Undefined: the cluster that it runs in. */
  readonly kubeconfig: string | undefined;
  /** Whose rollouts; undefined: those of all namespaces. */
  readonly namespace: string | undefined;
  readonly leaseNamespace: string;
  readonly leaseMs: number;
  readonly identity: string;
  /** Undefined: metrics are not served. */
  readonly metricsPort: number | undefined;
  readonly evidence: EvidenceChoice;
  /** The broker whose queues are counted; undefined: none. */
  readonly rabbitmq: RabbitmqLogin | undefined;
  /** URL by which calls of the kit's own get in; undefined: none are made. */
  readonly edge: string | undefined;
}

/** What requests are counted by. */
export type EvidenceChoice =
  | { readonly kind: 'envoy' | 'linkerd' }
  /** A state folder of the embedded cluster, or the URL of a program that counts. */
  | { readonly kind: 'sidecars' | 'totals'; readonly at: string }
  /** The URL of a Prometheus, and whose series it has. */
  | { readonly kind: 'prometheus'; readonly dialect: keyof typeof dialects; readonly at: string };

/** RabbitMQ's management API, and who may ask it. */
export interface RabbitmqLogin {
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

export const usage = `usage: node rollout/main.ts [option]...

  --kubeconfig FILE        the cluster; without it the one that this runs in
  --namespace NS|all       whose rollouts (ROLLOUTS_NAMESPACE; else all)
  --lease-namespace NS     where the Lease is by which one of several leads (POD_NAMESPACE)
  --lease-seconds N        how long a controller that is gone keeps others waiting (15)
  --identity NAME          who holds the Lease; one per process (POD_NAME, else host and process)
  --metrics-port N         /metrics, /livez and /readyz (ADMIN_PORT)
  --evidence KIND          what requests are counted by (ROLLOUTS_MESH: istio or linkerd):
                             envoy               sidecars of Istio, by the network of Pods
                             linkerd             proxies of Linkerd, by the network of Pods
                             sidecars:FOLDER     sidecars of the embedded cluster of this state folder
                             prometheus:SERIES=URL  a Prometheus with the series of istio, envoy or linkerd
                             totals=URL          a program that answers ?namespace=&service=&release= with JSON totals
  --rabbitmq URL           the management API of a RabbitMQ, for the counter dead_letters and the gauge consumer_lag of services whose
                           Service names its queue in the annotation ${queueAnnotation} (RABBITMQ_USER, RABBITMQ_PASSWORD)
  --edge URL               where calls of the kit's own come in; without it there are none`;

/** The command line cannot be understood. */
export class UsageError extends Error {
  readonly code = 'Usage';
  readonly hint = usage;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Throws UsageError that quotes what cannot be understood. */
export function parseProgramOptions(argv: readonly string[], env: Env): ProgramOptions {
  const values = read(argv);
  const namespace = values.namespace ?? env.ROLLOUTS_NAMESPACE ?? 'all';
  const leaseNamespace = values['lease-namespace'] ?? env.POD_NAMESPACE;
  if (!leaseNamespace) throw new UsageError('--lease-namespace is missing: where is the Lease to be?');
  const port = values['metrics-port'] ?? env.ADMIN_PORT;
  return {
    kubeconfig: values.kubeconfig,
    namespace: namespace === 'all' ? undefined : namespace,
    leaseNamespace,
    leaseMs: 1000 * whole(values['lease-seconds'] ?? '15', '--lease-seconds', 1),
    identity: values.identity ?? env.POD_NAME ?? `${hostname()}-${process.pid}`,
    metricsPort: port === undefined ? undefined : whole(port, '--metrics-port', 0),
    evidence: evidenceOf(values.evidence, env),
    rabbitmq: values.rabbitmq === undefined ? undefined : loginOf(values.rabbitmq, env),
    edge: values.edge,
  };
}

function read(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  const names = [
    'kubeconfig',
    'namespace',
    'lease-namespace',
    'lease-seconds',
    'identity',
    'metrics-port',
    'evidence',
    'rabbitmq',
    'edge',
  ];
  try {
    const { values } = parseArgs({ args: [...argv], options: Object.fromEntries(names.map((name) => [name, text])) });
    return values as Readonly<Record<string, string | undefined>>;
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause });
  }
}

function whole(text: string, option: string, least: number): number {
  const value = Number(text);
  if (text !== '' && Number.isInteger(value) && value >= least) return value;
  throw new UsageError(`${option} ${text}: not a whole number of ${least} or more`);
}

function loginOf(url: string, { RABBITMQ_USER: user, RABBITMQ_PASSWORD: password }: Env): RabbitmqLogin {
  if (!URL.canParse(url) || !/^https?:/.test(url)) {
    throw new UsageError(`--rabbitmq ${url}: not a URL of http or https, such as http://rabbitmq.exchange:15672`);
  }
  const absent = Object.entries({ RABBITMQ_USER: user, RABBITMQ_PASSWORD: password }).find(([, value]) => !value);
  if (!user || !password) throw new UsageError(`--rabbitmq ${url}: the variable ${absent?.[0]} is not set`);
  return { url: url.replace(/\/$/, ''), user, password };
}

const ofMesh: Readonly<Record<string, EvidenceChoice>> = { istio: { kind: 'envoy' }, linkerd: { kind: 'linkerd' } };

function evidenceOf(text: string | undefined, { ROLLOUTS_MESH: mesh }: Env): EvidenceChoice {
  if (text === undefined) {
    const found = ofMesh[mesh ?? ''];
    if (found) return found;
    throw new UsageError(mesh ? `ROLLOUTS_MESH ${mesh}: not istio or linkerd` : '--evidence is missing');
  }
  if (text === 'envoy' || text === 'linkerd') return { kind: text };
  const [, kind, at] = /^(sidecars|totals)[:=](.+)$/.exec(text) ?? [];
  if (at && (kind === 'sidecars' || kind === 'totals')) return { kind, at };
  const [, series = '', url] = /^prometheus:(\w+)=(.+)$/.exec(text) ?? [];
  const dialect = Object.keys(dialects).find((name): name is keyof typeof dialects => name === series);
  if (url && dialect) return { kind: 'prometheus', dialect, at: url };
  const known = 'envoy, linkerd, sidecars:FOLDER, totals=URL, prometheus:SERIES=URL (istio, envoy, linkerd)';
  throw new UsageError(`--evidence ${text}: not one of ${known}`);
}
