import { type Clock, pause } from './clock.ts';
import { everywhere, type KubeRest, RestError } from './rest.ts';

/** The part of an object that a watch goes by. */
export interface WatchedObject {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly resourceVersion?: string };
}

export type WatchNews<T extends WatchedObject> =
  /** Everything there is: at the start, and whenever the server no longer knows where the watch was (410). */
  | { readonly type: 'LISTED'; readonly objects: readonly T[]; readonly version: string }
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T; readonly version: string };

export interface WatchOptions<T extends WatchedObject> {
  readonly rest: KubeRest;
  readonly apiVersion: string;
  readonly kind: string;
  /** Undefined: all namespaces. */
  readonly namespace?: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly on: (news: WatchNews<T>) => void;
  /** Told of every failure; the watch goes on by itself. */
  readonly onProblem: (message: string) => void;
}

interface Line<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: T & { readonly code?: number; readonly message?: string };
}

const firstWaitMs = 100;
const lastWaitMs = 10_000;
/** What the server is asked to end a watch after. */
const watchSeconds = 300;

/**
 * Follows the objects of one kind until `signal` aborts: a list, then its changes, from the last version that was seen after every
 * broken connection (https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes). What fails is
 * tried again after 100 ms, doubling to 10 s. Resolves when it has ended; never rejects.
 */
export async function watchKind<T extends WatchedObject>(options: WatchOptions<T>): Promise<void> {
  const { clock, signal, kind } = options;
  let version: string | undefined;
  let failures = 0;
  while (!signal.aborted) {
    try {
      const path = await options.rest.pathOf(options.apiVersion, kind, options.namespace ?? everywhere);
      version ??= await listed(options, path);
      for await (const seen of changes(options, path, version)) {
        version = seen;
        failures = 0;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof RestError && error.status === 410) version = undefined;
      else options.onProblem(`watch of ${kind}: ${error instanceof Error ? error.message : String(error)}`);
    }
    await pause(clock, Math.min(lastWaitMs, firstWaitMs * 2 ** failures), signal);
    failures += 1;
  }
}

async function listed<T extends WatchedObject>(options: WatchOptions<T>, path: string): Promise<string> {
  const { apiVersion, kind, rest, signal } = options;
  const list = (await rest.send('GET', path, undefined, signal)) as {
    readonly metadata: { readonly resourceVersion: string };
    readonly items: readonly T[];
  };
  const version = list.metadata.resourceVersion;
  // Items of a list of built-in kinds carry neither apiVersion nor kind over the wire.
  options.on({ type: 'LISTED', objects: list.items.map((item) => ({ ...item, apiVersion, kind })), version });
  return version;
}

/** The versions that it has come to. */
async function* changes<T extends WatchedObject>(options: WatchOptions<T>, path: string, from: string) {
  const query = new URLSearchParams({
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: from,
    timeoutSeconds: String(watchSeconds),
  });
  for await (const line of options.rest.lines(`${path}?${query}`, options.signal)) {
    const { type, object } = JSON.parse(line) as Line<T>;
    if (type === 'ERROR') throw new RestError(object.code ?? 0, object.message ?? 'the server ended it with an error');
    const version = object.metadata.resourceVersion ?? from;
    if (type !== 'BOOKMARK') options.on({ type, object, version });
    yield version;
  }
}
