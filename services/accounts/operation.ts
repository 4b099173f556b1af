import type { Request } from 'express';
import * as z from 'zod';
import { currencies } from '../kit/money.ts';
import type { Database, Sql } from '../kit/postgres.ts';
import type { Principal, Scope } from '../kit/token.ts';
import { accountIdOf, bodyOf, fingerprintOf, idempotencyKeyOf } from './request.ts';
import { type Account, type Answer, accountsOf, once, openAccount, ownAccount } from './store.ts';

export interface OperationCall {
  readonly request: Request;
  readonly principal: Principal;
  readonly database: Database;
}

/** One operation of a contract: its place in OpenAPI, the scope that it needs, and its answer. */
export interface Operation {
  readonly method: 'get' | 'post';
  readonly path: `/v${number}/${string}`;
  readonly scope: Scope;
  answer(call: OperationCall): Promise<Answer>;
}

const opening = z.strictObject({ currency: z.enum(currencies) });

/**
 * What all contracts have alike: list, open, read. They differ in how an account is told.
 * @param tell the body of a contract for an account.
 */
export function accountOperations(contract: `v${number}`, tell: (account: Account) => unknown): readonly Operation[] {
  return [
    {
      method: 'get',
      path: `/${contract}/accounts`,
      scope: 'exchange.read',
      answer: async ({ database, principal }) => ({
        status: 200,
        body: { accounts: (await accountsOf(database, principal.user)).map(tell) },
      }),
    },
    {
      method: 'post',
      path: `/${contract}/accounts`,
      scope: 'exchange.write',
      answer: (call) => {
        const { currency } = bodyOf(call.request, opening);
        return createdOnce(call, async (sql) => tell(await openAccount(sql, call.principal.user, currency)));
      },
    },
    {
      method: 'get',
      path: `/${contract}/accounts/:id`,
      scope: 'exchange.read',
      answer: async ({ database, principal, request }) => ({
        status: 200,
        body: tell(await ownAccount(database, accountIdOf(request), principal.user)),
      }),
    },
  ];
}

/** An operation that moves money in an account, once per Idempotency-Key, and tells what the account is then. */
export function bookingOperation<Body extends z.ZodType>(
  path: Operation['path'],
  body: Body,
  book: (sql: Sql, account: Account, given: z.infer<Body>) => Promise<void>,
  tell: (account: Account) => unknown,
): Operation {
  return {
    method: 'post',
    path,
    scope: 'exchange.write',
    answer: (call) => {
      const { user } = call.principal;
      const id = accountIdOf(call.request);
      const given = bodyOf(call.request, body);
      return createdOnce(call, async (sql) => {
        await book(sql, await ownAccount(sql, id, user), given);
        return tell(await ownAccount(sql, id, user));
      });
    },
  };
}

async function createdOnce(
  { database, principal, request }: OperationCall,
  create: (sql: Sql) => Promise<unknown>,
): Promise<Answer> {
  const key = { owner: principal.user, key: idempotencyKeyOf(request), fingerprint: fingerprintOf(request) };
  return once(database, key, async (sql) => ({ status: 201, body: await create(sql) }));
}
