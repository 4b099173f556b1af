import { decodeJwt, decodeProtectedHeader } from 'jose';
import { type Notebook, report, type Talk } from './conversation.ts';
import { httpCall, openAccount } from './http.ts';

/** REST with accounts, contract v1: opens an account and reads it. */
export function rest(talk: Talk) {
  return report('rest', async (notes) => {
    const id = await openAccount(talk, notes);
    await httpCall(talk, notes, { service: 'accounts', method: 'GET', path: `/v1/accounts/${id}`, status: 200 });
  });
}

/** The signed token: asks identity for one, shows its claims, and finds its key among the published ones. */
export function token(talk: Talk) {
  return report('token', async (notes) => {
    notes.say('POST /oauth/token grant_type=client_credentials');
    const jwt = await talk.token();
    notes.hear(JSON.stringify({ header: decodeProtectedHeader(jwt), claims: decodeJwt(jwt) }));
    await publishedKey(talk, notes, decodeProtectedHeader(jwt).kid);
  });
}

async function publishedKey(talk: Talk, notes: Notebook, kid: string | undefined): Promise<void> {
  const path = '/.well-known/jwks.json';
  const set = (await httpCall(talk, notes, { service: 'identity', method: 'GET', path, status: 200 })) as {
    readonly keys: readonly { readonly kid: string }[];
  };
  if (!set.keys.some((key) => key.kid === kid))
    throw new Error(`the token is signed by ${kid}, which ${path} does not list`);
}
