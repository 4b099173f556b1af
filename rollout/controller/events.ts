import { createHash } from 'node:crypto';
import { type Clock, timestamp } from '../../kube/clock.ts';
import { type KubeRest, RestError } from '../../kube/rest.ts';
import type { RolloutEvent } from '../core/effect.ts';
import type { RolloutResource } from '../resource/rollout.ts';

/** Tells people what happened to a rollout, as `kubectl describe` lists it. */
export interface RolloutEvents {
  /** Returns at once; an Event that cannot be stored is told of, and stops nothing. */
  record(about: RolloutResource, events: readonly RolloutEvent[]): void;
  /** Resolves when what is under way has been answered. */
  flush(): Promise<void>;
}

const component = 'parley-rollouts';
const longestMessage = 1024;
/** Events are less urgent than everything else: few at a time, and not without end. */
const atOnce = 4;
const mostWaiting = 10_000;

/** https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/, in its core v1 form, which every API server takes. */
export function createRolloutEvents(options: {
  readonly rest: KubeRest;
  readonly clock: Clock;
  readonly instance: string;
  readonly mayWrite: () => boolean;
  readonly onLost: (message: string) => void;
}): RolloutEvents {
  const { rest, clock, instance, mayWrite, onLost } = options;
  const waiting: EventBody[] = [];
  const sending = new Set<Promise<void>>();

  const post = async (body: EventBody) => {
    if (!mayWrite()) return;
    try {
      await rest.send('POST', await rest.pathOf('v1', 'Event', body.metadata.namespace), body);
    } catch (error) {
      // 409: a controller that was killed has told it already.
      if (error instanceof RestError && error.status === 409) return;
      lost(body, String(error));
    }
  };
  const lost = ({ reason, involvedObject: { namespace, name } }: EventBody, why: string) =>
    onLost(`event ${reason} of Rollout ${namespace}/${name}: ${why}`);
  const pump = () => {
    while (sending.size < atOnce) {
      const body = waiting.shift();
      if (!body) return;
      const sent = post(body).finally(() => {
        sending.delete(sent);
        pump();
      });
      sending.add(sent);
    }
  };

  return {
    record(about, events) {
      for (const event of events) {
        if (waiting.length >= mostWaiting) {
          waiting.shift();
          onLost(`more than ${mostWaiting} Events wait to be told: the oldest are dropped`);
        }
        waiting.push(eventOf(about, event, timestamp(clock.now()), instance));
      }
      pump();
    },
    async flush() {
      while (sending.size > 0) await Promise.all(sending);
    },
  };
}

type EventBody = ReturnType<typeof eventOf>;

/** The name follows from what it says, so that the same is told once. */
function eventOf(about: RolloutResource, event: RolloutEvent, now: string, instance: string) {
  const { name, namespace, uid, resourceVersion } = about.metadata;
  const identity = JSON.stringify([uid, about.status?.attempt, event.type, event.reason, event.message]);
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.${createHash('sha256').update(identity).digest('hex').slice(0, 16)}`, namespace },
    involvedObject: { apiVersion: about.apiVersion, kind: about.kind, name, namespace, uid, resourceVersion },
    type: event.type,
    reason: event.reason,
    message: event.message.slice(0, longestMessage),
    count: 1,
    firstTimestamp: now,
    lastTimestamp: now,
    source: { component },
    reportingComponent: component,
    reportingInstance: instance,
  };
}
