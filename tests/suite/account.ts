import { randomUUID } from 'node:crypto';
import type { Exchange } from '../exchange.ts';
import { postJson } from '../http.ts';

/** Opens an account in euros for the bearer of `headers`; its id. */
export async function openAccount(
  { http }: Pick<Exchange, 'http'>,
  headers: { readonly authorization: string },
): Promise<string> {
  const key = { 'idempotency-key': randomUUID() };
  const opened = await postJson(`${http}/v1/accounts`, { currency: 'EUR' }, { ...headers, ...key });
  if (opened.status !== 201) throw new Error(`no account was opened: ${opened.status} ${opened.text}`);
  return opened.json<{ id: string }>().id;
}
