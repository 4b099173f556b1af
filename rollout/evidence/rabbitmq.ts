import { z } from 'zod';
import type { EvidenceTarget, Missing } from './source.ts';
import type { Counted, CounterSource } from './with-counters.ts';

/** Annotation of the apex Service with the queue that its releases consume. */
export const queueAnnotation = 'parley.dev/queue';

export interface RabbitmqOptions {
  /** Of the management API, such as `http://rabbitmq.exchange:15672` (https://www.rabbitmq.com/docs/management#http-api). */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** Default `/`. */
  readonly vhost?: string;
  /** The queue that a service consumes; undefined: it consumes none. */
  queueOf(target: EvidenceTarget): string | undefined;
}

/** Messages that ended in the dead-letter queue, in how many deliveries. */
const deadLetters = 'dead_letters';
/** Messages that wait for a consumer or for its acknowledgement. */
const consumerLag = 'consumer_lag';

const hint = `The annotation ${queueAnnotation} of a Service names the queue that its releases consume.`;

const timeoutMs = 3000;
/** A broker that is started again, or a network that is away for a moment. */
const silentMs = 10_000;

const queue = z.object({
  messages: z.number().optional(),
  arguments: z.record(z.string(), z.unknown()).optional(),
  message_stats: z.object({ deliver_get: z.number().optional() }).optional(),
});

interface Seen {
  readonly waiting: number;
  readonly delivered: number;
  /** Undefined: the queue has no dead-letter queue. */
  readonly dead?: number;
}

class QueueMissing extends Error {
  readonly code = 'QueueMissing';
  readonly hint: string;

  constructor(what: string, hint: string) {
    super(what);
    this.name = 'QueueMissing';
    this.hint = hint;
  }
}

/** Counters and gauges of queues out of RabbitMQ's management API. The broker renews its figures every 5 s by default. */
export function rabbitmqCounters(options: RabbitmqOptions & { readonly clock: { now(): number } }): CounterSource {
  return {
    name: 'rabbitmq',
    hint,
    provides: (target) => (options.queueOf(target) === undefined ? [] : [deadLetters, consumerLag]),
    open(target) {
      let before: Seen | undefined;
      let silentSinceMs: number | undefined;
      return {
        async read() {
          try {
            const now = await look(options, target);
            silentSinceMs = undefined;
            const counted = difference(before, now, target);
            before = now;
            return counted;
          } catch (error) {
            silentSinceMs ??= options.clock.now();
            const passing = !(error instanceof QueueMissing) && options.clock.now() - silentSinceMs < silentMs;
            if (passing) return { kind: 'counts', counters: {}, gauges: {} };
            return { kind: 'missing', ...missingOf(options, error) };
          }
        },
        close: () => undefined,
      };
    },
    async preflight(target) {
      try {
        const counted = difference(undefined, await look(options, target), target);
        return counted.kind === 'missing' ? [{ what: counted.reason, hint: counted.hint }] : [];
      } catch (error) {
        const { reason, hint } = missingOf(options, error);
        return [{ what: reason, hint } satisfies Missing];
      }
    },
    close: async () => undefined,
  };
}

function missingOf({ url }: RabbitmqOptions, error: unknown): { readonly reason: string; readonly hint: string } {
  if (error instanceof QueueMissing) return { reason: error.message, hint: error.hint };
  const reason = `RabbitMQ's management API at ${url}: ${(error as Error).message}`;
  return { reason, hint: `Type: curl -u USER ${url}/api/overview   (does it answer from where the controller runs?)` };
}

/** What is new. Dead letters that were taken out of their queue are not taken back. */
function difference(before: Seen | undefined, now: Seen, { service, counters }: EvidenceTarget): Counted {
  if (now.dead === undefined && counters.includes(deadLetters)) {
    return {
      kind: 'missing',
      reason: `the queue of ${service} has no dead-letter queue that could be counted`,
      hint: 'Set x-dead-letter-exchange to the default exchange and x-dead-letter-routing-key to a queue, or leave the check dead_letters out.',
    };
  }
  const events = Math.max(0, (now.dead ?? 0) - (before?.dead ?? now.dead ?? 0));
  // A broker that was started again counts from zero.
  const from = before && before.delivered <= now.delivered ? before.delivered : before ? 0 : now.delivered;
  const occasions = Math.max(events, now.delivered - from);
  return {
    kind: 'counts',
    counters: now.dead === undefined ? {} : { [deadLetters]: { events, occasions } },
    gauges: { [consumerLag]: now.waiting },
  };
}

async function look(options: RabbitmqOptions, target: EvidenceTarget): Promise<Seen> {
  const name = options.queueOf(target);
  if (name === undefined) throw new QueueMissing(`no queue of ${target.service} is known`, hint);
  const own = await ask(options, name);
  const exchange = own.arguments?.['x-dead-letter-exchange'];
  const letters = own.arguments?.['x-dead-letter-routing-key'];
  const dead = exchange === '' && typeof letters === 'string' ? await ask(options, letters) : undefined;
  return {
    waiting: own.messages ?? 0,
    delivered: own.message_stats?.deliver_get ?? 0,
    ...(dead ? { dead: dead.messages ?? 0 } : {}),
  };
}

/** A queue as the API shows it. Throws QueueMissing when there is none. */
async function ask({ url, user, password, vhost = '/' }: RabbitmqOptions, name: string) {
  const response = await fetch(`${url}/api/queues/${encodeURIComponent(vhost)}/${encodeURIComponent(name)}`, {
    headers: { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` },
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (response.status === 404) {
    throw new QueueMissing(`RabbitMQ has no queue ${name} in virtual host ${vhost}`, hint);
  }
  if (!response.ok) throw new Error(`answered ${response.status}`);
  return queue.parse(await response.json());
}
