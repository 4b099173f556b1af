import type { Request } from 'express';
import type { Database } from '../kit/postgres.ts';
import type { Principal, Scope } from '../kit/token.ts';
import type { Answer } from './store.ts';

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
