import { createHash, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { reasonOf } from '../kit/failure.ts';
import { scopes } from '../kit/token.ts';

const client = z.object({
  id: z.string().min(1),
  secret: z.string().min(16, 'a secret of at least 16 characters'),
  /** Becomes the token's `sub`. */
  user: z.string().min(1),
  scopes: z.array(z.enum(scopes)).default([...scopes]),
});

export type Client = z.infer<typeof client>;

/** `[{"id":"web","secret":"...","user":"alice","scopes":["exchange.read"]}]` as text; without scopes a client has all. */
export const clientList = z
  .string('a JSON list of clients')
  .transform((text, context) => {
    try {
      return JSON.parse(text);
    } catch (cause) {
      context.addIssue({ code: 'custom', message: `no JSON: ${reasonOf(cause)}` });
      return z.NEVER;
    }
  })
  .pipe(z.array(client).min(1, 'at least one client'));

/** The client with these credentials; takes the same time for a wrong id as for a wrong secret. */
export function authenticated(clients: readonly Client[], id: string, secret: string): Client | undefined {
  const given = digest(secret);
  const named = clients.find((candidate) => candidate.id === id);
  const right = timingSafeEqual(given, digest(named?.secret ?? 'no such client'));
  return named && right ? named : undefined;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
