import { z } from 'zod';
import type { Caller, EdgeTarget, KindLoad } from './caller.ts';
import { failedAnswer, type HttpAnswer, type HttpExchange, jsonOf, openHttpExchange } from './http-exchange.ts';
import { type Outcome, ok, wrong } from './outcome.ts';

/** What contract v1 of accounts promises; fields that it does not name may come. */
const account = z.object({
  id: z.string().min(1),
  owner: z.string().min(1),
  currency: z.string().length(3),
  balance: z.string().regex(/^-?\d+(\.\d+)?$/),
});
type Account = z.infer<typeof account>;

/** Reads one account again and again (contract v1). */
export async function openRestReader(load: KindLoad, target: EdgeTarget): Promise<Caller> {
  const exchange = openHttpExchange(target, load.connections);
  const own = await openAccount(exchange, load.kind).catch(closing(exchange));
  return {
    async call(_number, signal) {
      const answer = await exchange.send({ method: 'GET', path: `/v1/accounts/${own.id}` }, signal);
      return answer.status === 200 ? sameAccount(answer, own) : failedAnswer(answer);
    },
    close: exchange.close,
  };
}

/** Deposits into an account of its own, each with its own Idempotency-Key (contract v1). */
export async function openRestWriter(load: KindLoad, target: EdgeTarget): Promise<Caller> {
  const exchange = openHttpExchange(target, load.connections);
  const own = await openAccount(exchange, load.kind).catch(closing(exchange));
  const run = runId();
  return {
    async call(number, signal) {
      const answer = await exchange.send(
        {
          method: 'POST',
          path: `/v1/accounts/${own.id}/deposits`,
          headers: { 'idempotency-key': `load-${run}-${number}` },
          body: { amount: '0.01' },
        },
        signal,
      );
      return answer.status === 201 ? sameAccount(answer, own) : failedAnswer(answer);
    },
    close: exchange.close,
  };
}

/** Tells the requests of one run from those of another, in keys that the services remember. */
export function runId(): string {
  return crypto.randomUUID().slice(0, 8);
}

/** The account that a kind of load talks about: the same in every run, by its Idempotency-Key. Throws with the answer when it cannot be opened: the load has then not begun. */
export async function openAccount(exchange: HttpExchange, kind: string): Promise<Account> {
  const answer = await exchange.send(
    {
      method: 'POST',
      path: '/v1/accounts',
      headers: { 'idempotency-key': `parley-load-${kind}` },
      body: { currency: 'EUR' },
    },
    AbortSignal.timeout(15_000),
  );
  const parsed = account.safeParse(jsonOf(answer));
  if (answer.status !== 201 || !parsed.success) {
    throw new Error(
      `the load cannot begin: opening an account gave status ${answer.status} ${answer.text.slice(0, 200)}`,
    );
  }
  return parsed.data;
}

function sameAccount(answer: HttpAnswer, own: Account): Outcome {
  const { release } = answer;
  const parsed = account.safeParse(jsonOf(answer));
  if (!parsed.success) return wrong(`not an account of contract v1: ${answer.text.slice(0, 200)}`, release);
  const { id, owner, currency } = parsed.data;
  const same = id === own.id && owner === own.owner && currency === own.currency;
  return same ? ok(release) : wrong(`another account than ${own.id}: ${answer.text.slice(0, 200)}`, release);
}

/** Closes the connections of a caller that could not be opened, and passes the error on. */
export function closing(exchange: { close(): Promise<void> }): (error: unknown) => Promise<never> {
  return async (error) => {
    await exchange.close();
    throw error;
  };
}
