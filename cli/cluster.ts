import { existsSync } from 'node:fs';
import type { KubeConfig, KubernetesObject } from '@kubernetes/client-node';
import { openKubeRest, RestError } from '../kube/rest.ts';
import { Failure, messageOf } from './failure.ts';

/** Any Kubernetes object; `T` says which spec and status it has. */
export type ClusterObject<T = Record<string, unknown>> = T & KubernetesObject;

export interface ObjectName {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** The one client of a Kubernetes API; nothing above it knows which target answers. */
export interface Cluster {
  /** Undefined when it is not there, or when the cluster does not know the kind. */
  read<T>(name: ObjectName): Promise<ClusterObject<T> | undefined>;
  list<T>(
    apiVersion: string,
    kind: string,
    namespace: string,
    labels?: Readonly<Record<string, string>>,
  ): Promise<ClusterObject<T>[]>;
  create<T>(object: ClusterObject<T>): Promise<ClusterObject<T>>;
  /** JSON merge patch (RFC 7396); `patch` names the object and holds what changes. */
  merge<T>(patch: ObjectName): Promise<ClusterObject<T>>;
  /** Server-side apply as the field manager `parley`, which takes over fields of others; for objects that are not ours. */
  serverApply(object: ObjectName): Promise<unknown>;
  /** False when there was nothing to delete. */
  remove(name: ObjectName): Promise<boolean>;
  /** Of Kubernetes, as the API server says: `v1.35.8`. */
  version(): Promise<string>;
  readonly kubeConfig: KubeConfig;
}

/** Opens the cluster of a kubeconfig file. Fails when the file is not there: nothing runs yet; and when its cluster cannot be spoken to as it says. */
export async function openCluster(kubeconfigPath: string): Promise<Cluster> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const kubeConfig = new KubeConfig();
  if (!existsSync(kubeconfigPath)) {
    throw new Failure('NotRunning', `nothing runs: there is no ${kubeconfigPath}`, { hint: 'Type: parley up' });
  }
  try {
    kubeConfig.loadFromFile(kubeconfigPath);
  } catch (cause) {
    throw new Failure('BadKubeconfig', `${kubeconfigPath} cannot be read`, { cause, hint: 'Type: parley up' });
  }
  const rest = await openKubeRest(kubeConfig).catch((cause) => {
    throw new Failure('BadKubeconfig', `${kubeconfigPath} cannot be used: ${messageOf(cause)}`, {
      cause,
      hint: `Type: kubectl --kubeconfig ${kubeconfigPath} config view`,
    });
  });
  const pathOf = async ({ apiVersion, kind, metadata }: ObjectName) =>
    `${await rest.pathOf(apiVersion, kind, metadata.namespace)}/${encodeURIComponent(metadata.name)}`;
  const call = <T>(what: string, work: () => Promise<unknown>) =>
    work().catch((error) => Promise.reject(explain(what, error))) as Promise<T>;

  return {
    kubeConfig,
    read: <T>(name: ObjectName) =>
      call<ClusterObject<T> | undefined>(`read ${title(name)}`, async () => rest.send('GET', await pathOf(name))).catch(
        ifNotFound(undefined),
      ),
    list: <T>(apiVersion: string, kind: string, namespace: string, labels: Readonly<Record<string, string>> = {}) =>
      call<ClusterObject<T>[]>(`list ${kind}`, async () => {
        const selector = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
        const query = selector.length > 0 ? `?labelSelector=${encodeURIComponent(selector.join(','))}` : '';
        const path = await rest.pathOf(apiVersion, kind, namespace);
        const { items } = (await rest.send('GET', `${path}${query}`)) as { readonly items: readonly object[] };
        // Items of a list of built-in kinds carry neither apiVersion nor kind over the wire.
        return items.map((item) => ({ ...item, apiVersion, kind }));
      }).catch(ifNotFound<ClusterObject<T>[]>([])),
    create: (object) =>
      call(`create ${title(object)}`, async () => {
        const { apiVersion = '', kind = '', metadata } = object;
        return rest.send('POST', await rest.pathOf(apiVersion, kind, metadata?.namespace), object);
      }),
    merge: (patch) => call(`patch ${title(patch)}`, async () => rest.send('PATCH', await pathOf(patch), patch)),
    serverApply: (object) =>
      call(`apply ${title(object)}`, async () =>
        rest.send('APPLY', `${await pathOf(object)}?fieldManager=parley&force=true`, object),
      ),
    remove: (name) =>
      call(`delete ${title(name)}`, async () => rest.send('DELETE', await pathOf(name)))
        .then(() => true)
        .catch(ifNotFound(false)),
    version: async () => {
      const { gitVersion } = await call<{ readonly gitVersion: string }>('read the version', () =>
        rest.send('GET', '/version'),
      );
      return gitVersion;
    },
  };
}

/** `Deployment accounts-1-4-0`. */
export function title(object: Pick<KubernetesObject, 'kind' | 'metadata'>): string {
  return `${object.kind ?? 'object'} ${object.metadata?.name ?? '(no name)'}`;
}

/** A refusal of the API server in its own words (the Status object's message), and its HTTP code. */
export class ClusterFailure extends Failure {
  readonly status: number;

  constructor(what: string, status: number, reason: string) {
    const hint = status === 409 ? 'Someone else changed it: type the command again.' : undefined;
    super('Refused', `cannot ${what}: ${reason}`, { hint });
    this.status = status;
  }
}

function ifNotFound<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof ClusterFailure && error.status === 404) return value;
    throw error;
  };
}

function explain(what: string, error: unknown): Failure {
  if (error instanceof RestError) return new ClusterFailure(what, error.status, error.message);
  const inner = error instanceof Error && error.cause ? error.cause : error;
  return new Failure('Unreachable', `cannot ${what}: the cluster does not answer (${messageOf(inner)})`, {
    hint: 'Type: parley up   (it starts what is not running and keeps the rest)',
  });
}
