import { cloneJson } from './json.ts';
import type { GroupKind, Stored, WatchEvent, WatchEventType } from './types.ts';

/** A change as it goes to watchers. The objects are the store's own; each listener gets copies. */
export interface Notice {
  readonly type: GroupKind;
  readonly event: WatchEventType;
  readonly object: Stored;
  readonly previous?: Stored;
}

export interface Watchers {
  /** Delivers in the order of the writes; a write made inside a listener is delivered after the current one. */
  publish(notice: Notice): void;
  add(watcher: Watcher): () => void;
  clear(): void;
}

export interface Watcher {
  readonly type: GroupKind | '*';
  readonly namespace: string | undefined;
  readonly listener: (event: WatchEvent) => void;
}

/** Hands one notice to one watcher if it asked for it. An error in a listener surfaces as uncaught: the write stands. */
export function deliver(watcher: Watcher, notice: Notice): void {
  if (watcher.type !== '*' && watcher.type !== notice.type) return;
  if (watcher.namespace !== undefined && watcher.namespace !== notice.object.metadata.namespace) return;
  try {
    watcher.listener({
      type: notice.event,
      object: cloneJson(notice.object),
      ...(notice.previous ? { previous: cloneJson(notice.previous) } : {}),
    });
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

export function createWatchers(): Watchers {
  const watchers = new Set<Watcher>();
  const queue: { readonly notice: Notice; readonly to: readonly Watcher[] }[] = [];
  let delivering = false;
  return {
    publish(notice) {
      // Who watches is fixed at the write: a watch that starts inside a listener must not see an older change.
      queue.push({ notice, to: [...watchers] });
      if (delivering) return;
      delivering = true;
      for (let next = queue.shift(); next; next = queue.shift()) {
        for (const watcher of next.to) if (watchers.has(watcher)) deliver(watcher, next.notice);
      }
      delivering = false;
    },
    add(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    clear: () => watchers.clear(),
  };
}
