import type { KubeConfig, KubernetesObject, PatchStrategy as PatchStrategyType } from '@kubernetes/client-node';
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
  merge<T>(patch: ClusterObject<Record<string, unknown>>): Promise<ClusterObject<T>>;
  /** False when there was nothing to delete. */
  remove(name: ObjectName): Promise<boolean>;
  readonly kubeConfig: KubeConfig;
}

/** Opens the cluster of a kubeconfig file. Fails when the file is not there: nothing runs yet. */
export async function openCluster(kubeconfigPath: string): Promise<Cluster> {
  const { KubeConfig, KubernetesObjectApi, PatchStrategy } = await import('@kubernetes/client-node');
  const kubeConfig = new KubeConfig();
  try {
    kubeConfig.loadFromFile(kubeconfigPath);
  } catch (cause) {
    throw new Failure('NotRunning', `there is no cluster: ${kubeconfigPath} cannot be read`, {
      cause,
      hint: 'Type: parley up',
    });
  }
  const api = KubernetesObjectApi.makeApiClient(kubeConfig);
  const mergePatch: PatchStrategyType = PatchStrategy.MergePatch;
  const call = <T>(what: string, work: () => Promise<T>) =>
    work().catch((error) => Promise.reject(explain(what, error)));

  return {
    kubeConfig,
    read: (name) =>
      call(
        `read ${title(name)}`,
        () => api.read<KubernetesObject>({ ...name, metadata: { ...name.metadata } }) as Promise<never>,
      ).catch(ifNotFound(undefined)),
    list: (apiVersion, kind, namespace, labels) =>
      call(`list ${kind}`, async () => {
        const selector = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
        const found = await api.list<KubernetesObject>(
          apiVersion,
          kind,
          namespace,
          undefined,
          undefined,
          undefined,
          undefined,
          selector.length > 0 ? selector.join(',') : undefined,
        );
        // A list's items carry neither apiVersion nor kind over the wire.
        return found.items.map((item) => ({ ...item, apiVersion, kind })) as never[];
      }).catch(ifNotFound([])),
    create: (object) => call(`create ${title(object)}`, () => api.create(object)),
    merge: (patch) =>
      call(
        `patch ${title(patch)}`,
        () => api.patch(patch, undefined, undefined, 'parley', undefined, mergePatch) as Promise<never>,
      ),
    remove: (name) =>
      call(`delete ${title(name)}`, () => api.delete({ ...name, metadata: { ...name.metadata } }))
        .then(() => true)
        .catch(ifNotFound(false)),
  };
}

/** `Deployment accounts-1-4-0`. */
export function title(object: KubernetesObject): string {
  return `${object.kind ?? 'object'} ${object.metadata?.name ?? '(no name)'}`;
}

/** A refusal of the API server in its own words (the Status object's message), and its HTTP code. */
export class ClusterFailure extends Failure {
  readonly status: number;

  constructor(what: string, status: number, reason: string, cause: unknown) {
    super('Refused', `cannot ${what}: ${reason}`, {
      cause,
      hint: status === 409 ? 'Someone changed it; try again.' : undefined,
    });
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
  if (error instanceof Error && 'code' in error && typeof error.code === 'number') {
    const body = 'body' in error ? statusOf(error.body) : undefined;
    return new ClusterFailure(what, error.code, body ?? error.message, undefined);
  }
  if (error instanceof Error && /^Unrecognized API version and kind/.test(error.message)) {
    return new ClusterFailure(what, 404, error.message, undefined);
  }
  const inner = error instanceof Error && error.cause ? error.cause : error;
  return new Failure('Unreachable', `cannot ${what}: the cluster does not answer (${messageOf(inner)})`, {
    hint: 'Type: parley up   (it starts what is not running and keeps the rest)',
  });
}

function statusOf(body: unknown): string | undefined {
  const parsed = typeof body === 'string' ? parseOrUndefined(body) : body;
  if (typeof parsed !== 'object' || parsed === null || !('message' in parsed)) return undefined;
  return typeof parsed.message === 'string' ? parsed.message : undefined;
}

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not a Status object: the caller falls back to the HTTP error's own message.
    return undefined;
  }
}
