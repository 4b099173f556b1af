import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Status } from '../store/status.ts';
import type { KeyPair } from './test-certificates.ts';
import { testAuthority } from './test-certificates.ts';
import { testServer } from './test-server.ts';

let server: Awaited<ReturnType<typeof testServer>>;
let agent: Agent;
const agentFor = (user: Partial<KeyPair>) => new Agent({ ca: server.authority.cert, ...user, keepAlive: true });

beforeAll(async () => {
  server = await testServer();
  agent = agentFor(server.admin);
});
afterAll(async () => {
  agent.destroy();
  await server.close();
  expect(server.errors).toEqual([]);
});

interface Answer {
  readonly code: number;
  readonly body: Record<string, unknown> & Partial<Status> & { items?: { metadata: { name: string } }[] };
  readonly warning: string | undefined;
}

async function send(
  method: string,
  path: string,
  body?: unknown,
  type = 'application/json',
  as = agent,
): Promise<IncomingMessage> {
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  // Node sends no length with a DELETE by itself.
  const headers = { 'content-type': type, 'content-length': Buffer.byteLength(text) };
  const sent = request(`${server.url}${path}`, { method, agent: as, headers });
  sent.end(text);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return response;
}

async function call(method: string, path: string, body?: unknown, type?: string, as?: Agent): Promise<Answer> {
  const response = await send(method, path, body, type, as);
  const text = (await response.toArray()).join('');
  return {
    code: response.statusCode ?? 0,
    body: JSON.parse(text),
    warning: response.headers.warning as string | undefined,
  };
}

const maps = '/api/v1/namespaces/default/configmaps';
const map = (name: string, data: Record<string, string> = {}) => ({ metadata: { name }, data });

/** Lines of a watch until `count` came. */
async function events(path: string, count: number, act: () => Promise<unknown> = async () => undefined) {
  const response = await send('GET', path);
  const lines: {
    type: string;
    object: Record<string, never> & { metadata: { name?: string; resourceVersion: string } } & Status;
  }[] = [];
  await act();
  for await (const line of createInterface({ input: response })) {
    lines.push(JSON.parse(line));
    if (lines.length === count) break;
  }
  response.destroy();
  return lines;
}

test('who has no certificate, a foreign one, an expired one or the wrong group is refused with a reason', async () => {
  const foreign = await testAuthority();
  const cases: [Partial<KeyPair>, number, RegExp][] = [
    [{}, 401, /no client certificate/],
    [await foreign.issue('CN=admin, O=system:masters'), 401, /client certificate is refused/],
    [await server.authority.issue('CN=admin, O=system:masters', { expired: true }), 401, /CERT_HAS_EXPIRED/],
    [await server.authority.issue('CN=eve, O=guests'), 403, /User "eve" cannot get path/],
  ];
  for (const [user, code, message] of cases) {
    const as = agentFor(user);
    onTestFinished(() => as.destroy());
    const answer = await call('GET', maps, undefined, undefined, as);
    expect(answer).toMatchObject({
      code,
      body: { kind: 'Status', status: 'Failure', code, message: expect.stringMatching(message) },
    });
  }
});

test('create, stale update, patch without a version, delete: codes and reasons as in the API conventions', async () => {
  const made = await call('POST', maps, map('crud', { a: '1' }));
  expect(made.code).toBe(201);
  expect((await call('POST', maps, map('crud'))).body).toMatchObject({
    code: 409,
    reason: 'AlreadyExists',
    details: { name: 'crud', kind: 'configmaps' },
  });
  expect((await call('PUT', `${maps}/crud`, { ...made.body, data: { a: '2' } })).code).toBe(200);
  expect((await call('PUT', `${maps}/crud`, { ...made.body, data: { a: '3' } })).body).toMatchObject({
    code: 409,
    reason: 'Conflict',
  });
  const patched = await call('PATCH', `${maps}/crud`, { data: { b: '1' } }, 'application/merge-patch+json');
  expect(patched.body.data).toEqual({ a: '2', b: '1' });
  expect((await call('DELETE', `${maps}/crud?dryRun=All`)).code).toBe(200);
  expect((await call('DELETE', `${maps}/crud`, { preconditions: { uid: 'other' } })).body).toMatchObject({
    reason: 'Conflict',
  });
  expect((await call('DELETE', `${maps}/crud`)).body).toMatchObject({ kind: 'Status', status: 'Success' });
  expect((await call('GET', `${maps}/crud`)).body).toMatchObject({
    code: 404,
    reason: 'NotFound',
    message: 'configmaps "crud" not found',
  });
});

test('lists are paged with limit and continue, and filtered by selectors', async () => {
  for (const name of ['page-a', 'page-b', 'page-c'])
    await call('POST', maps, { metadata: { name, labels: { page: name.slice(5) } } });
  const first = await call('GET', `${maps}?limit=2&labelSelector=page`);
  const { continue: token, remainingItemCount } = Object(first.body.metadata);
  expect([first.body.items?.map(({ metadata }) => metadata.name), remainingItemCount]).toEqual([
    ['page-a', 'page-b'],
    1,
  ]);
  const second = await call('GET', `${maps}?limit=2&labelSelector=page&continue=${token}`);
  expect(second.body.items?.map(({ metadata }) => metadata.name)).toEqual(['page-c']);
  expect((await call('GET', `${maps}?continue=nonsense`)).code).toBe(400);
  const few = await call('GET', `${maps}?labelSelector=${encodeURIComponent('page in (a,c),!other')}`);
  expect(few.body.items).toHaveLength(2);
  expect((await call('GET', `${maps}?fieldSelector=metadata.name%3Dpage-b`)).body.items).toHaveLength(1);
  expect((await call('GET', `${maps}?fieldSelector=data.x%3D1`)).body).toMatchObject({
    code: 400,
    message: expect.stringContaining('field label not supported'),
  });
  expect((await call('DELETE', `${maps}?labelSelector=page`)).body.items).toHaveLength(3);
});

test('a watch resumes where it was, sees an object leave its selector, and ends a too old one with 410', async () => {
  const { metadata } = (await call('POST', maps, { metadata: { name: 'seen', labels: { w: '1' } } })).body;
  const since: string = Object(metadata).resourceVersion;
  await call('PATCH', `${maps}/seen`, { data: { a: '1' } }, 'application/merge-patch+json');
  await call('PATCH', `${maps}/seen`, { metadata: { labels: null } }, 'application/merge-patch+json');
  const resumed = await events(`${maps}?watch=1&labelSelector=w%3D1&resourceVersion=${since}`, 2);
  expect(resumed.map(({ type }) => type)).toEqual(['MODIFIED', 'DELETED']);
  const live = await events(`${maps}?watch=1&fieldSelector=metadata.name%3Dnew&resourceVersion=${since}`, 1, () =>
    call('POST', maps, map('new')),
  );
  expect(live[0]).toMatchObject({ type: 'ADDED', object: { kind: 'ConfigMap', metadata: { name: 'new' } } });
  const future = await events(`${maps}?watch=1&resourceVersion=999999`, 1);
  expect(future[0]).toMatchObject({ type: 'ERROR', object: { code: 504, reason: 'Timeout' } });
  for (let n = 0; n < 11_100; n++)
    server.store.update({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      ...map('new', { n: String(n) }),
      metadata: { name: 'new', namespace: 'default' },
    });
  const old = await events(`${maps}?watch=1&resourceVersion=${since}`, 1);
  expect(old[0]).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
});

test('a streaming list ends with its bookmark', async () => {
  const path = `${maps}?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&fieldSelector=metadata.name%3Dnew`;
  const [added, bookmark] = await events(path, 2);
  expect(added).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'new' } } });
  expect(bookmark).toMatchObject({
    type: 'BOOKMARK',
    object: { kind: 'ConfigMap', metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
  });
});

test('unknown fields: refused, warned of or dropped, as the request asks', async () => {
  const wrong = { ...map('fields'), dta: {} };
  expect((await call('POST', `${maps}?fieldValidation=Strict`, wrong)).body).toMatchObject({
    code: 400,
    message: expect.stringContaining('unknown field "dta"'),
  });
  const warned = await call('POST', `${maps}?dryRun=All`, wrong);
  expect([warned.code, warned.warning, warned.body.dta]).toEqual([201, '299 - "unknown field \\"dta\\""', undefined]);
  expect((await call('POST', `${maps}?dryRun=All&fieldValidation=Ignore`, wrong)).warning).toBeUndefined();
  expect((await call('POST', maps, { ...map('types'), data: { a: 1 } })).body).toMatchObject({
    code: 400,
    message: expect.stringContaining('data.a: expected string, got number'),
  });
});

test('status and scale are resources of their own', async () => {
  const deployments = '/apis/apps/v1/namespaces/default/deployments';
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  await call('POST', deployments, {
    metadata: { name: 'web' },
    spec: { selector: { matchLabels: { a: 'b' } }, template },
    status: { replicas: 7 },
  });
  const status = await call(
    'PATCH',
    `${deployments}/web/status`,
    { spec: { replicas: 9 }, status: { replicas: 1 } },
    'application/merge-patch+json',
  );
  expect(status.body).toMatchObject({ spec: { replicas: 1 }, status: { replicas: 1 } });
  const scale = await call('GET', `${deployments}/web/scale`);
  expect(scale.body).toMatchObject({ kind: 'Scale', spec: { replicas: 1 }, status: { replicas: 1, selector: 'a=b' } });
  expect((await call('PUT', `${deployments}/web/scale`, { ...scale.body, spec: { replicas: 3 } })).body.spec).toEqual({
    replicas: 3,
  });
  expect((await call('PUT', `${deployments}/web/scale`, { ...scale.body, spec: { replicas: 4 } })).body).toMatchObject({
    reason: 'Conflict',
  });
  expect((await call('GET', `${deployments}/web`)).body).toMatchObject({
    spec: { replicas: 3 },
    metadata: { generation: 2 },
  });
});

test('what cannot be answered is a Status', async () => {
  const cases: [string, string, unknown, string | undefined, number][] = [
    ['POST', maps, '{"metadata":', 'application/json', 400],
    ['POST', maps, 'a: [', 'application/yaml', 400],
    ['POST', maps, '[]', 'application/json', 400],
    ['POST', maps, 'x', 'text/plain', 415],
    ['POST', maps, 'nope', 'application/vnd.kubernetes.protobuf', 400],
    ['PATCH', `${maps}/x`, '{}', 'application/apply-patch+yaml', 415],
    ['POST', maps, 'x'.repeat(3 * 1024 * 1024 + 1), 'application/json', 413],
    ['POST', '/api/v1/namespaces/nowhere/configmaps', map('x'), undefined, 404],
    ['GET', '/api/v1/namespaces/default/nosuch', undefined, undefined, 404],
    ['GET', '/apis/nosuch.io/v1/things', undefined, undefined, 404],
    ['GET', '/nosuch', undefined, undefined, 404],
    ['PUT', maps, {}, undefined, 405],
    ['POST', '/api/v1/namespaces/default/pods/x/exec', undefined, undefined, 405],
    ['GET', '/api/v1/namespaces/default/pods/x/log', undefined, undefined, 404],
    ['POST', `${maps}?dryRun=Some`, map('x'), undefined, 400],
    ['GET', '/api/v1/namespaces/%zz/pods', undefined, undefined, 400],
  ];
  for (const [method, path, body, type, code] of cases) {
    const answer = await call(method, path, body, type);
    expect([method, path, answer.code, answer.body.kind]).toEqual([method, path, code, 'Status']);
    expect(answer.body.message).toBeTruthy();
  }
});

test('YAML bodies, and a write through another version of a kind', async () => {
  expect((await call('POST', maps, 'metadata: {name: yaml}\ndata: {a: b}\n', 'application/yaml')).body.data).toEqual({
    a: 'b',
  });
  const grants = (version: string) => `/apis/gateway.networking.k8s.io/${version}/namespaces/default/referencegrants`;
  await call('POST', grants('v1beta1'), { metadata: { name: 'g' }, spec: {} });
  expect((await call('GET', `${grants('v1')}/g`)).body.apiVersion).toBe('gateway.networking.k8s.io/v1');
  expect((await call('GET', grants('v1beta1'))).body.items?.[0]).toMatchObject({
    apiVersion: 'gateway.networking.k8s.io/v1beta1',
  });
});
