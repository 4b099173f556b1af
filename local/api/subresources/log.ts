import type { Pod } from 'kubernetes-types/core/v1.js';
import { badRequest, notFound } from '../../store/status.ts';
import type { Stored } from '../../store/types.ts';
import type { ApiContext, Call, LogOptions, Reply } from '../types.ts';

/** A follower that reads slower than the log grows is waited for. */
const waitingLimitBytes = 1024 * 1024;

function count(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^\d+$/.test(text)) throw badRequest(`${name}: "${text}" is no whole number`);
  return Number(text);
}

function logOptions(query: URLSearchParams): LogOptions {
  const sinceTime = query.get('sinceTime') ?? undefined;
  if (sinceTime !== undefined && Number.isNaN(Date.parse(sinceTime)))
    throw badRequest(`sinceTime: "${sinceTime}" is no RFC 3339 time`);
  const counts = {
    tailLines: count(query, 'tailLines'),
    sinceSeconds: count(query, 'sinceSeconds'),
    limitBytes: count(query, 'limitBytes'),
    sinceTime,
  };
  const given = Object.fromEntries(Object.entries(counts).filter(([, value]) => value !== undefined));
  const on = (name: string) => query.get(name) === 'true';
  return { follow: on('follow'), previous: on('previous'), timestamps: on('timestamps'), ...given };
}

/** The container that is meant; 400 with the choice when a Pod has several and none is named. */
function containerOf(pod: Stored<Pod>, name: string, wanted: string | null): string {
  const containers = (pod.spec?.containers ?? []).map((container) => container.name);
  const all = [...(pod.spec?.initContainers ?? []).map((container) => container.name), ...containers];
  if (wanted) {
    if (all.includes(wanted)) return wanted;
    throw badRequest(`container ${wanted} is not valid for pod ${name}; it has ${all.join(', ')}`);
  }
  const [only] = containers;
  if (only !== undefined && containers.length === 1) return only;
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${all.join(' ')}]`);
}

/** GET of pods/log as a stream of text. */
export function log(context: ApiContext, call: Call, namespace: string, name: string): Reply {
  const pod = context.store.get<Pod>('Pod', name, namespace);
  if (!pod) throw notFound({ plural: 'pods', group: '' }, name);
  const container = containerOf(pod, name, call.query.get('container'));
  const options = logOptions(call.query);
  return {
    as: 'stream',
    contentType: 'text/plain',
    run: async (sink) => {
      for await (const piece of context.logs.open(namespace, name, container, options, call.signal)) {
        if (call.signal.aborted) return;
        sink.write(piece);
        if (sink.waitingBytes() > waitingLimitBytes) await sink.drained();
      }
    },
  };
}
