import { z } from 'zod';
import type { Caller, EdgeTarget, KindLoad } from './caller.ts';
import { failedAnswer, type HttpAnswer, jsonOf, openHttpExchange } from './http-exchange.ts';
import { failed, type Outcome, ok, wrong } from './outcome.ts';
import { closing, openAccount, runId } from './rest.ts';

const errors = z.array(z.object({ message: z.string() })).optional();
const placed = z.object({
  data: z.object({
    placeOrder: z.object({
      id: z.string().min(1),
      clientOrderId: z.string(),
      instrument: z.literal('ACME'),
      quantity: z.literal(1),
      status: z.enum(['ACCEPTED', 'FILLED']),
    }),
  }),
});
const account = z.object({
  id: z.string(),
  currency: z.string().length(3),
  balance: z.string().regex(/^-?\d+(\.\d+)?$/),
});
const me = z.object({ data: z.object({ me: z.object({ id: z.string().min(1), accounts: z.array(account) }) }) });

const placeOrder = `mutation Place($input: PlaceOrderInput!) {
  placeOrder(input: $input) { id clientOrderId instrument quantity status }
}`;
const readMe = '{ me { id accounts { id currency balance } } }';

/** Odd numbers place an order (portfolio -> orders -> accounts), even ones read the caller's accounts (contract v1). */
export async function openGraphql(load: KindLoad, target: EdgeTarget): Promise<Caller> {
  const exchange = openHttpExchange(target, load.connections);
  const own = await openAccount(exchange, load.kind).catch(closing(exchange));
  const run = runId();
  return {
    async call(number, signal) {
      const clientOrderId = `graph-${run}-${number}`;
      const input = { accountId: own.id, clientOrderId, instrument: 'ACME', side: 'BUY', quantity: 1 };
      const body = number % 2 === 1 ? { query: placeOrder, variables: { input } } : { query: readMe };
      const answer = await exchange.send({ method: 'POST', path: '/graphql', body }, signal);
      if (answer.status !== 200) return failedAnswer(answer);
      return number % 2 === 1 ? checkPlaced(answer, clientOrderId) : checkMe(answer, own.id);
    },
    close: exchange.close,
  };
}

/** GraphQL tells of errors in the body of a 200 (https://spec.graphql.org/October2021/#sec-Errors). */
function errorIn(answer: HttpAnswer): Outcome | undefined {
  const parsed = z.object({ errors }).safeParse(jsonOf(answer));
  const [first] = parsed.success ? (parsed.data.errors ?? []) : [];
  return first ? failed('graphql error', answer.text.slice(0, 300), answer.release) : undefined;
}

function checkPlaced(answer: HttpAnswer, clientOrderId: string): Outcome {
  const error = errorIn(answer);
  if (error) return error;
  const parsed = placed.safeParse(jsonOf(answer));
  if (parsed.success && parsed.data.data.placeOrder.clientOrderId === clientOrderId) return ok(answer.release);
  return wrong(`not order ${clientOrderId}: ${answer.text.slice(0, 200)}`, answer.release);
}

function checkMe(answer: HttpAnswer, accountId: string): Outcome {
  const error = errorIn(answer);
  if (error) return error;
  const parsed = me.safeParse(jsonOf(answer));
  if (parsed.success && parsed.data.data.me.accounts.some(({ id }) => id === accountId)) return ok(answer.release);
  return wrong(`account ${accountId} is not among the caller's: ${answer.text.slice(0, 200)}`, answer.release);
}
