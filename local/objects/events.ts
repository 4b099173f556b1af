import type { Event } from 'kubernetes-types/core/v1.js';
import { type Clock, timestamp } from '../clock.ts';
import type { KubeObject, ObjectStore, Stored } from '../store/types.ts';
import { templateHash } from './template-hash.ts';

/** What happened to an object, as `kubectl describe` lists it. */
export interface EventRecorder {
  record(
    about: Stored<object>,
    event: {
      readonly type: 'Normal' | 'Warning';
      readonly reason: string;
      readonly message: string;
      readonly field?: string;
    },
  ): void;
  /** Writes what is still waiting. */
  flush(): void;
}

interface Pending {
  readonly about: Stored<object>;
  readonly event: Parameters<EventRecorder['record']>[1];
  readonly firstMs: number;
  lastMs: number;
  count: number;
}

const flushAfterMs = 50;
const keptMs = 3_600_000;

/**
 * Writes Event objects a moment later, off the path of what they tell about; the same thing again raises `count`.
 * An event that cannot be stored (its namespace is going, the disk is full) goes to `onLost`: it never stops the work.
 */
export function createEvents(options: {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly component: string;
  readonly onLost: (message: string) => void;
}): EventRecorder {
  const { store, clock, component, onLost } = options;
  const pending = new Map<string, Pending>();
  const written = new Map<string, { readonly namespace: string; readonly lastMs: number }>();
  let cancel: (() => void) | undefined;

  const flush = () => {
    cancel?.();
    cancel = undefined;
    const batch = [...pending];
    pending.clear();
    for (const [name, entry] of batch) {
      try {
        write(store, component, name, entry);
        written.set(name, { namespace: namespaceOf(entry.about), lastMs: entry.lastMs });
      } catch (error) {
        onLost(`event ${entry.event.reason} of ${entry.about.kind}/${entry.about.metadata.name}: ${String(error)}`);
      }
    }
    expire();
  };

  const expire = () => {
    for (const [name, { namespace, lastMs }] of written) {
      if (lastMs > clock.now() - keptMs) break;
      try {
        store.delete('Event', name, namespace, { gracePeriodSeconds: 0 });
        written.delete(name);
      } catch (error) {
        onLost(`old event ${namespace}/${name} stays: ${String(error)}`);
        break;
      }
    }
  };

  return {
    record(about, event) {
      const identity = [component, about.metadata.uid, event.type, event.reason, event.message, event.field];
      const name = `${about.metadata.name}.${templateHash(identity, 16)}`;
      const now = clock.now();
      const known = pending.get(name);
      if (known === undefined) pending.set(name, { about, event, firstMs: now, lastMs: now, count: 1 });
      else Object.assign(known, { lastMs: now, count: known.count + 1 });
      cancel ??= clock.after(flushAfterMs, flush);
    },
    flush,
  };
}

function namespaceOf(about: Stored<object>): string {
  return about.metadata.namespace ?? 'default';
}

function write(store: ObjectStore, component: string, name: string, entry: Pending): void {
  const { about, event, lastMs, count } = entry;
  const namespace = namespaceOf(about);
  const known = store.get<Event>('Event', name, namespace);
  if (known !== undefined) {
    const total = (known.count ?? 1) + count;
    store.update({ ...known, count: total, lastTimestamp: timestamp(lastMs) } as KubeObject);
    return;
  }
  const { apiVersion, kind, metadata } = about;
  store.create({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace },
    involvedObject: {
      apiVersion,
      kind,
      name: metadata.name,
      namespace: metadata.namespace,
      uid: metadata.uid,
      resourceVersion: metadata.resourceVersion,
      ...(event.field === undefined ? {} : { fieldPath: event.field }),
    },
    type: event.type,
    reason: event.reason,
    message: event.message,
    count,
    firstTimestamp: timestamp(entry.firstMs),
    lastTimestamp: timestamp(lastMs),
    source: { component, host: 'parley' },
    reportingComponent: component,
    reportingInstance: 'parley',
  });
}
