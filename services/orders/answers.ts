import type { Call } from '../kit/call.ts';
import type { Desk, StreamEvent, Wish } from './desk.ts';
import type { Order, UncheckedWish } from './order.ts';
import type { Rejection, Rejections } from './rejection.ts';

type GoingAway = { readonly case: 'goingAway'; readonly value: { readonly resumeAfter: bigint } };
type Told<Message> = { readonly case: 'order'; readonly value: Message };
type Rejected = { readonly case: 'rejection'; readonly value: Rejection };

/** What the desk answers, in the words that all contracts share; they differ in the message for an order. */
export interface Answers<Message> {
  place(call: Call, wish: UncheckedWish): Promise<{ order: Message }>;
  list(call: Call, accountId: string, last: number): Promise<{ orders: Message[] }>;
  watch(call: Call, accountId: string, after: bigint): AsyncIterable<{ event: Told<Message> | GoingAway }>;
  batch(
    call: Call,
    wishes: AsyncIterable<Wish>,
  ): Promise<{ orders: Message[]; rejections: Rejection[]; complete: boolean }>;
  trade(call: Call, wishes: AsyncIterable<Wish>): AsyncIterable<{ event: Told<Message> | Rejected | GoingAway }>;
}

/** @param tell the message of a contract for an order. */
export function answersOf<Message>(
  desk: Desk,
  rejections: Rejections,
  tell: (order: Order) => Message,
): Answers<Message> {
  const told = (order: Order): Told<Message> => ({ case: 'order', value: tell(order) });
  return {
    place: async (call, wish) => ({ order: tell(await desk.place(call, wish)) }),
    list: async (call, accountId, last) => ({ orders: (await desk.list(call, accountId, last)).map(tell) }),
    watch: async function* (call, accountId, after) {
      for await (const event of desk.watch(call, accountId, after)) {
        if (event.kind === 'order') yield { event: told(event.order) };
        if (event.kind === 'leaving') yield { event: goingAway(event) };
      }
    },
    batch: async (call, wishes) => {
      const { events, complete } = await desk.batch(call, wishes);
      return {
        orders: events.flatMap((event) => (event.kind === 'order' ? [tell(event.order)] : [])),
        rejections: events.flatMap((event) => (event.kind === 'rejected' ? [rejections.from(event, call)] : [])),
        complete,
      };
    },
    trade: async function* (call, wishes) {
      for await (const event of desk.trade(call, wishes)) {
        if (event.kind === 'order') yield { event: told(event.order) };
        else if (event.kind === 'leaving') yield { event: goingAway(event) };
        else yield { event: { case: 'rejection', value: rejections.from(event, call) } };
      }
    },
  };
}

function goingAway({ resumeAfter }: StreamEvent & { kind: 'leaving' }): GoingAway {
  return { case: 'goingAway', value: { resumeAfter } };
}

/** The wishes of a stream of requests. */
export async function* wishesOf<Request>(
  requests: AsyncIterable<Request>,
  wishOf: (request: Request) => Wish,
): AsyncIterable<Wish> {
  for await (const request of requests) yield wishOf(request);
}
