import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { createTestClock } from '../../local/test-clock.ts';
import { openCredentials } from './credentials.ts';

interface TokenServer {
  readonly url: string;
  readonly seen: { readonly authorization: string | undefined; readonly form: string }[];
  /** What it answers from now on. */
  answer: { status: number; body: unknown };
  close(): Promise<void>;
}

const servers: TokenServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

/** A token endpoint whose tokens are `token-1`, `token-2`, ... */
async function startTokenServer(): Promise<TokenServer> {
  const http = createServer(async (request, response) => {
    running.seen.push({ authorization: request.headers.authorization, form: await textOf(request) });
    const { status, body } = running.answer;
    const token = { access_token: `token-${running.seen.length}`, ...(body as object) };
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(status === 200 ? token : body));
  }).listen(0, '127.0.0.1');
  await once(http, 'listening');
  const address = http.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  const running: TokenServer = {
    url: `http://127.0.0.1:${address.port}`,
    seen: [],
    answer: { status: 200, body: { token_type: 'Bearer', expires_in: 600 } },
    close: async () => {
      http.closeAllConnections();
      await once(http.close(), 'close');
    },
  };
  servers.push(running);
  return running;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const sound = { 'token-url': '/oauth/token', 'client-id': 'roll outs', 'client-secret': 'a:b/c' };

async function opened() {
  const server = await startTokenServer();
  const clock = createTestClock();
  let current: Readonly<Record<string, string>> | undefined = sound;
  const credentials = openCredentials({
    namespace: 'exchange',
    secretName: 'rollout-calls',
    readSecret: async () => current,
    edge: { url: server.url },
    clock,
  });
  const put = (next: typeof current) => {
    current = next;
  };
  return { server, clock, credentials, put };
}

test('one request for many that ask at once, with the secret as Basic authorization', async () => {
  const { server, credentials } = await opened();
  const tokens = await Promise.all(Array.from({ length: 20 }, () => credentials.token()));
  expect(new Set(tokens)).toEqual(new Set(['token-1']));
  const pair = Buffer.from('roll%20outs:a%3Ab%2Fc').toString('base64');
  expect(server.seen).toEqual([{ authorization: `Basic ${pair}`, form: 'grant_type=client_credentials' }]);
});

test('a token is kept until shortly before it ends; then the Secret is read anew', async () => {
  const { server, clock, credentials, put } = await opened();
  await credentials.token();
  clock.advance(569_000);
  expect(await credentials.token()).toBe('token-1');
  put({ ...sound, 'client-id': 'next' });
  clock.advance(1_000);
  expect(await credentials.token()).toBe('token-2');
  expect(Buffer.from(server.seen[1]?.authorization?.slice(6) ?? '', 'base64').toString()).toMatch(/^next:/);
});

test('a short token is used for half its life, one that says nothing for half a minute', async () => {
  const { server, clock, credentials } = await opened();
  server.answer = { status: 200, body: { token_type: 'bearer', expires_in: 10 } };
  await credentials.token();
  clock.advance(4_999);
  expect(await credentials.token()).toBe('token-1');
  server.answer = { status: 200, body: { token_type: 'bearer' } };
  clock.advance(1);
  expect(await credentials.token()).toBe('token-2');
  clock.advance(29_999);
  expect(await credentials.token()).toBe('token-2');
  clock.advance(1);
  expect(await credentials.token()).toBe('token-3');
});

test('a token that a service refused is replaced, at most once a second', async () => {
  const { server, clock, credentials } = await opened();
  for (let asked = 0; asked < 5; asked++) credentials.refused(await credentials.token());
  expect(server.seen).toHaveLength(1);
  clock.advance(1_000);
  expect(await credentials.token()).toBe('token-2');
  credentials.refused('token-1');
  clock.advance(1_000);
  expect(await credentials.token()).toBe('token-2');
});

test.each([
  [undefined, 'Secret exchange/rollout-calls is not there'],
  [{ ...sound, 'client-id': '', 'client-secret': '' }, 'has no client-id and no client-secret'],
  [{ ...sound, 'token-url': 'ftp://a/' }, 'token-url `ftp://a/` is neither an http address nor a path'],
])('%j: no credentials', async (data, message) => {
  const { credentials, put } = await opened();
  put(data);
  await expect(credentials.token()).rejects.toMatchObject({
    code: 'NoCredentials',
    passing: false,
    message: expect.stringContaining(message),
    hint: expect.stringContaining('token-url, client-id, client-secret'),
  });
});

test.each([
  [
    'TokenRefused',
    401,
    { error: 'invalid_client', error_description: 'the secret is wrong' },
    'invalid_client (the secret is wrong)',
  ],
  ['TokenUnavailable', 503, { error: 'temporarily_unavailable' }, 'status 503'],
  ['TokenUnavailable', 404, 'nothing here', 'status 404'],
  ['TokenUnavailable', 200, { token_type: 'mac' }, 'not that of RFC 6749'],
])('%s for status %i', async (code, status, body, message) => {
  const { server, credentials } = await opened();
  server.answer = { status, body };
  await expect(credentials.token()).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
});

test('a failure stands for a second, and is over when the endpoint is back', async () => {
  const { server, clock, credentials } = await opened();
  server.answer = { status: 503, body: {} };
  for (let asked = 0; asked < 5; asked++) await expect(credentials.token()).rejects.toThrow('status 503');
  expect(server.seen).toHaveLength(1);
  server.answer = { status: 200, body: { token_type: 'Bearer', expires_in: 600 } };
  clock.advance(1_000);
  expect(await credentials.token()).toBe('token-2');
});

test('an endpoint that nobody serves, and a Secret that cannot be read, may be there later', async () => {
  const { server, credentials, put } = await opened();
  put({ ...sound, 'token-url': 'http://127.0.0.1:1/token' });
  await expect(credentials.token()).rejects.toMatchObject({ code: 'TokenUnavailable', passing: true });
  const unreadable = openCredentials({
    namespace: 'exchange',
    secretName: 'rollout-calls',
    readSecret: () => Promise.reject(new Error('403 Forbidden')),
    edge: { url: server.url },
    clock: createTestClock(),
  });
  await expect(unreadable.token()).rejects.toMatchObject({ code: 'SecretUnreadable', passing: true });
});
