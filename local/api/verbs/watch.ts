import { StatusError, statusOf } from '../../store/status.ts';
import type { Stored, WatchEvent } from '../../store/types.ts';
import { type Resource, shownAs } from '../resource.ts';
import { type Predicate, requestSelector } from '../selectors.ts';
import { tableOf, wantsTable } from '../table/table.ts';
import type { ApiContext, Call, Reply, StreamSink } from '../types.ts';

type Sent = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
const bookmarkEveryMs = 60_000;
/** A watcher that reads this much too slowly is cut off. */
const waitingLimitBytes = 16 * 1024 * 1024;

/** What a watcher with a selector sees of a change: an object that leaves the selection is DELETED for it. */
export function visibleEvent(event: WatchEvent, selects: Predicate): 'ADDED' | 'MODIFIED' | 'DELETED' | undefined {
  const after = selects(event.object);
  if (event.type === 'ADDED') return after ? 'ADDED' : undefined;
  // A state that the log lost is taken as seen: one DELETED too many does no harm, one too few does.
  const before = event.previous === undefined || selects(event.previous);
  if (event.type === 'DELETED') return before || after ? 'DELETED' : undefined;
  if (after) return before ? 'MODIFIED' : 'ADDED';
  return before ? 'DELETED' : undefined;
}

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes */
export function watch(context: ApiContext, call: Call, resource: Resource): Reply {
  const selects = requestSelector(resource.type, call.query);
  return {
    as: 'stream',
    contentType: 'application/json',
    run: (sink) => new WatchStream(context, call, resource, sink).run(selects),
  };
}

class WatchStream {
  readonly #context: ApiContext;
  readonly #call: Call;
  readonly #resource: Resource;
  readonly #sink: StreamSink;
  #headerSent = false;
  #end: () => void = () => undefined;

  constructor(context: ApiContext, call: Call, resource: Resource, sink: StreamSink) {
    this.#context = context;
    this.#call = call;
    this.#resource = resource;
    this.#sink = sink;
  }

  async run(selects: Predicate): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      this.#end = resolve;
    });
    this.#sink.start();
    let stop: () => void;
    try {
      stop = this.#start(selects);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      this.#line('ERROR', statusOf(error));
      return;
    }
    const { query, signal } = this.#call;
    const seconds = Number(query.get('timeoutSeconds') ?? '0');
    const timeout = seconds > 0 ? setTimeout(this.#end, seconds * 1000) : undefined;
    const bookmarks = this.#bookmarksWanted() ? setInterval(() => this.#bookmark(), bookmarkEveryMs) : undefined;
    signal.addEventListener('abort', this.#end, { once: true });
    if (signal.aborted) this.#end();
    await ended;
    stop();
    clearTimeout(timeout);
    clearInterval(bookmarks);
    signal.removeEventListener('abort', this.#end);
  }

  #bookmarksWanted = (): boolean => this.#call.query.get('allowWatchBookmarks') === 'true';

  /** Nothing can change between the first objects and the watch: both happen in one turn of the event loop. */
  #start(selects: Predicate): () => void {
    const { store } = this.#context;
    const { type, namespace } = this.#resource;
    const since = this.#call.query.get('resourceVersion') ?? '';
    const initial = this.#call.query.get('sendInitialEvents') === 'true';
    const fromNow = since === '' || since === '0' || initial;
    if (fromNow && this.#call.query.get('sendInitialEvents') !== 'false') {
      for (const object of store.list(type, { namespace }).items) if (selects(object)) this.#object('ADDED', object);
      if (initial && this.#bookmarksWanted()) this.#bookmark({ 'k8s.io/initial-events-end': 'true' });
    }
    const listener = (event: WatchEvent) => {
      const shown = visibleEvent(event, selects);
      if (shown) this.#object(shown, event.object);
    };
    return store.watch(type, listener, { namespace, ...(fromNow ? {} : { since }) });
  }

  #bookmark(annotations?: Record<string, string>): void {
    const { kind, apiVersion } = this.#resource;
    const { resourceVersion } = this.#context.store.list('', {});
    const metadata = { resourceVersion, creationTimestamp: null, ...(annotations ? { annotations } : {}) };
    const object = { kind: kind.kind, apiVersion, metadata };
    if (!wantsTable(this.#call)) this.#line('BOOKMARK', object);
    else this.#line('BOOKMARK', { ...this.#table([], { resourceVersion }), rows: [{ cells: [], object }] });
  }

  #table(objects: readonly Stored[], meta: Record<string, unknown>) {
    const table = tableOf(this.#context, this.#resource, objects, meta, this.#call);
    const columnDefinitions = this.#headerSent ? null : table.columnDefinitions;
    this.#headerSent = true;
    return { ...table, columnDefinitions };
  }

  #object(type: Sent, object: Stored): void {
    const shown = shownAs(this.#resource, object);
    const { resourceVersion } = object.metadata;
    this.#line(type, wantsTable(this.#call) ? this.#table([shown], { resourceVersion }) : shown);
  }

  #line(type: Sent, object: unknown): void {
    this.#sink.write(`${JSON.stringify({ type, object })}\n`);
    // The client resumes from the last revision that it read, and gets 410 when that is compacted.
    if (this.#sink.waitingBytes() > waitingLimitBytes) this.#end();
  }
}
