/** CPU and memory as Kubernetes quantities. */
export interface Resources {
  readonly requests: { readonly cpu: string; readonly memory: string };
  readonly limits: { readonly cpu: string; readonly memory: string };
}

/** What differs between a laptop and a cluster that people rely on. */
export interface Environment {
  /** Pods per release, and of the edge. */
  readonly replicas: number;
  readonly service: Resources;
  readonly edge: Resources;
  readonly postgres: Resources & { readonly storage: string };
  /**
   * Seconds that a Pod which is being deleted keeps serving, until everyone has heard that it goes; in the embedded cluster an
   * upper bound, because there the sidecars confirm it.
   */
  readonly drainSeconds: number;
  /** Seconds from the deletion of a Pod to SIGKILL: `drainSeconds`, then the longest request, then a margin. */
  readonly graceSeconds: number;
  /** Voluntary disruptions of a service; a number of Pods of all its releases together. */
  readonly disruption: { readonly maxUnavailable: number } | { readonly minAvailable: number };
  /** How Pods of one release keep apart: over nodes, and in a real cluster over zones too. */
  readonly spread: { readonly topologyKeys: readonly string[]; readonly antiAffinity: boolean };
  /** How the host or the outside world reaches the edge. */
  readonly edgeService:
    | { readonly type: 'NodePort'; readonly nodePorts: Readonly<Record<string, number>> }
    | { readonly type: 'LoadBalancer' };
}

const hostname = 'kubernetes.io/hostname';
const zone = 'topology.kubernetes.io/zone';

export const environments = {
  dev: {
    replicas: 1,
    service: { requests: { cpu: '25m', memory: '96Mi' }, limits: { cpu: '1', memory: '256Mi' } },
    edge: { requests: { cpu: '25m', memory: '64Mi' }, limits: { cpu: '1', memory: '256Mi' } },
    postgres: { requests: { cpu: '25m', memory: '128Mi' }, limits: { cpu: '1', memory: '512Mi' }, storage: '1Gi' },
    drainSeconds: 5,
    graceSeconds: 45,
    disruption: { maxUnavailable: 1 },
    spread: { topologyKeys: [hostname], antiAffinity: false },
    edgeService: { type: 'NodePort', nodePorts: { http: 30_080, https: 30_443 } },
  },
  prod: {
    replicas: 2,
    service: { requests: { cpu: '100m', memory: '192Mi' }, limits: { cpu: '2', memory: '512Mi' } },
    edge: { requests: { cpu: '200m', memory: '128Mi' }, limits: { cpu: '2', memory: '512Mi' } },
    postgres: { requests: { cpu: '500m', memory: '1Gi' }, limits: { cpu: '2', memory: '2Gi' }, storage: '20Gi' },
    drainSeconds: 10,
    graceSeconds: 60,
    disruption: { minAvailable: 1 },
    spread: { topologyKeys: [hostname, zone], antiAffinity: true },
    edgeService: { type: 'LoadBalancer' },
  },
} as const satisfies Record<string, Environment>;

export type EnvironmentName = keyof typeof environments;

/** Names of the environments, for choices and messages. */
export const environmentNames = Object.keys(environments) as readonly EnvironmentName[];

/** The environment of that name; throws {@link UnknownEnvironmentError} with the list of those there are. */
export function environmentOf(name: string): Environment {
  const known = environmentNames.find((each) => each === name);
  if (known === undefined) throw new UnknownEnvironmentError(name);
  return environments[known];
}

/** No environment has that name. */
export class UnknownEnvironmentError extends Error {
  readonly code = 'UnknownEnvironment';
  readonly hint = `choose one of: ${environmentNames.join(', ')}`;

  constructor(name: string) {
    super(`unknown environment \`${name}\`; known: ${environmentNames.join(', ')}`);
    this.name = 'UnknownEnvironmentError';
  }
}
