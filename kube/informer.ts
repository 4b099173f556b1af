import { type WatchedObject, type WatchNews, type WatchOptions, watchKind } from './watch.ts';

/** The objects of one kind as they are known now; reading costs no request. */
export interface Informer<T extends WatchedObject> {
  get(namespace: string, name: string): T | undefined;
  all(): Iterable<T>;
  /** Objects with this key of the index. */
  by(key: string): Iterable<T>;
  /** What a write answered, so that it is seen before the watch tells of it. Older than what is known: changes nothing. */
  put(object: T): void;
  /** Resolves when everything has been listed once; rejects with the reason of the signal when that aborts before. */
  readonly synced: Promise<void>;
  /** Resolves when the watch has ended. */
  readonly ended: Promise<void>;
}

export interface InformerOptions<T extends WatchedObject> extends Omit<WatchOptions<T>, 'on'> {
  /** Keys under which an object is found by `by`. */
  readonly index?: (object: T) => readonly string[];
  /** Called after each change that others made; undefined: it was not there before, or is not any more. */
  readonly onChange: (after: T | undefined, before: T | undefined) => void;
}

/**
 * Order of two resourceVersions: numbers of any length
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions).
 */
function compareVersions(a = '', b = ''): number {
  return a.length - b.length || (a < b ? -1 : Number(a > b));
}

/** Begins to watch; what is known is kept as it comes and read without a request. */
export function startInformer<T extends WatchedObject>(options: InformerOptions<T>): Informer<T> {
  const cache = createCache<T>(options.index ?? (() => []));
  const synced = Promise.withResolvers<void>();
  options.signal.addEventListener('abort', () => synced.reject(options.signal.reason), { once: true });
  // Whoever waits for it is told; nobody has to.
  synced.promise.catch(() => undefined);
  const on = (news: WatchNews<T>) => {
    for (const [after, before] of cache.take(news)) options.onChange(after, before);
    if (news.type === 'LISTED') synced.resolve();
  };
  const ended = watchKind({ ...options, on });
  return { get: cache.get, all: cache.all, by: cache.by, put: cache.put, synced: synced.promise, ended };
}

type Change<T> = readonly [after: T | undefined, before: T | undefined];

const keyOf = ({ metadata }: WatchedObject) => `${metadata.namespace ?? ''}/${metadata.name}`;

/** The objects, by name and by index. Never goes back: a state older than the one that it holds is left out. */
function createCache<T extends WatchedObject>(index: (object: T) => readonly string[]) {
  const held = new Map<string, T>();
  const indexed = new Map<string, Map<string, T>>();
  let watched = '';

  const set = (key: string, object: T | undefined): Change<T> => {
    const before = held.get(key);
    for (const word of before ? index(before) : []) {
      const group = indexed.get(word);
      group?.delete(key);
      if (group?.size === 0) indexed.delete(word);
    }
    if (object) held.set(key, object);
    else held.delete(key);
    for (const word of object ? index(object) : []) {
      const group = indexed.get(word) ?? new Map<string, T>();
      indexed.set(word, group.set(key, object as T));
    }
    return [object, before];
  };

  const isNews = (object: T) =>
    compareVersions(object.metadata.resourceVersion, held.get(keyOf(object))?.metadata.resourceVersion) > 0;

  return {
    get: (namespace: string, name: string) => held.get(`${namespace}/${name}`),
    all: () => held.values(),
    by: (key: string): Iterable<T> => indexed.get(key)?.values() ?? [],
    put(object: T): void {
      // Not there, and not newer than what the watch has come to: it was deleted meanwhile.
      const isGone = !held.has(keyOf(object)) && compareVersions(object.metadata.resourceVersion, watched) <= 0;
      if (!isGone && isNews(object)) set(keyOf(object), object);
    },
    /** The changes that this makes, in order. */
    take(news: WatchNews<T>): Change<T>[] {
      watched = news.version;
      if (news.type === 'DELETED') {
        const known = held.get(keyOf(news.object));
        // What was made anew meanwhile stays.
        const isIt = known && compareVersions(known.metadata.resourceVersion, news.version) <= 0;
        return isIt ? [set(keyOf(news.object), undefined)] : [];
      }
      if (news.type !== 'LISTED') return isNews(news.object) ? [set(keyOf(news.object), news.object)] : [];
      const names = new Set(news.objects.map(keyOf));
      const gone = [...held.keys()].filter((key) => !names.has(key));
      return [
        ...gone.map((key) => set(key, undefined)),
        ...news.objects.filter(isNews).map((object) => set(keyOf(object), object)),
      ];
    },
  };
}
