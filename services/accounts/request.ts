import { createHash } from 'node:crypto';
import type { Request } from 'express';
import * as z from 'zod';
import { Problem } from '../kit/problem.ts';

const accountId = z.uuid();
const idempotencyKey = /^[\x21-\x7e]{1,255}$/;

/** The body in the given shape. @throws Problem 415, 400 */
export function bodyOf<T extends z.ZodType>(request: Request, shape: T): z.infer<T> {
  if (!request.is('application/json'))
    throw new Problem(415, 'not-json', 'the body is not JSON', 'send Content-Type: application/json');
  const read = shape.safeParse(request.body);
  if (read.success) return read.data;
  const problems = read.error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`);
  throw new Problem(400, 'bad-body', problems.join('; '), 'see contract/*/openapi.yaml');
}

/** @throws Problem 404 for an id that no account can have. */
export function accountIdOf(request: Request): string {
  const read = accountId.safeParse(request.params.id);
  if (!read.success)
    throw new Problem(
      404,
      'unknown-account',
      `there is no account ${String(request.params.id)}`,
      'list yours: GET /v1/accounts',
    );
  return read.data;
}

/** @throws Problem 400 when the header is missing or malformed. */
export function idempotencyKeyOf(request: Request): string {
  const key = request.get('idempotency-key')?.replace(/^"(.*)"$/, '$1');
  if (key === undefined || !idempotencyKey.test(key)) {
    throw new Problem(
      400,
      'idempotency-key-missing',
      'the header Idempotency-Key is missing or malformed',
      'send a new UUID with each new request',
    );
  }
  return key;
}

/** Two requests with the same fingerprint ask for the same thing. */
export function fingerprintOf(request: Request): string {
  const body: unknown = request.body;
  return createHash('sha256')
    .update(`${request.method} ${request.path}\n${canonical(body)}`)
    .digest('base64url');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`).join(',')}}`;
}
