import { expect, test } from 'vitest';
import { parseDurationMs, protoDuration } from './duration.ts';
import type { AnyRoute } from './objects.ts';
import { appProtocols, saidProtocol } from './protocol.ts';
import { envoyMatch } from './route-match.ts';
import { orderedMatches, retriedCodes } from './route-rules.ts';
import * as mesh from './sample-mesh.ts';

const route = (
  rules: readonly object[],
  annotations: Record<string, string> = {},
  kind: 'HTTPRoute' | 'GRPCRoute' = 'HTTPRoute',
) => {
  const object = mesh.meshRoute(kind, 'orders', rules);
  return mesh.stored<Pick<AnyRoute, 'spec'>>({ ...object, metadata: { ...object.metadata, annotations } }) as AnyRoute;
};

test('the more specific match comes first, whatever the order of the rules', () => {
  const matches = [
    {},
    { path: { value: '/a' } },
    { path: { value: '/a/b' } },
    { path: { value: '/a' }, method: 'GET' },
    { path: { value: '/a' }, headers: [{ name: 'h', value: '1' }] },
    { path: { type: 'Exact', value: '/a' } },
    { path: { type: 'RegularExpression', value: '/a.*' } },
  ];
  const ordered = orderedMatches([route(matches.map((match) => ({ matches: [match] })))], {});
  expect(
    ordered.map(({ match }) => `${match.path.type} ${match.path.value} ${match.method ?? ''}${match.headers.length}`),
  ).toEqual([
    'Exact /a 0',
    'RegularExpression /a.* 0',
    'PathPrefix /a/b 0',
    'PathPrefix /a GET0',
    'PathPrefix /a 1',
    'PathPrefix /a 0',
    'PathPrefix / 0',
  ]);
});

test.each([
  [{ method: { service: 'p.S', method: 'M' } }, { path: '/p.S/M' }],
  [{ method: { service: 'p.S' } }, { path_separated_prefix: '/p.S' }],
  [{ method: { method: 'M' } }, { safe_regex: { regex: '/[^/]+/M' } }],
  [{ method: { type: 'RegularExpression', service: 'p\\..*' } }, { safe_regex: { regex: '/p\\..*/[^/]+' } }],
  [{}, { prefix: '/' }],
])('the gRPC match %j is a path', (match, expected) => {
  const [only] = orderedMatches([route([{ matches: [match] }], {}, 'GRPCRoute')], {});
  expect(only && envoyMatch(only.match, [])).toEqual(expected);
});

test('nothing is tried again and nothing times out unless it is asked for', () => {
  const [rule] = orderedMatches([route([{}])], {});
  expect(rule).toMatchObject({ retry: undefined, timeoutMs: undefined, idleTimeoutMs: undefined });
  const [none] = orderedMatches([route([{ retry: { attempts: 0, codes: [503] } }])], {});
  expect(none?.retry).toBeUndefined();
});

test('retries and time-outs of a rule', () => {
  const [rule] = orderedMatches(
    [
      route([
        { retry: { attempts: 3, codes: [503], backoff: '50ms' }, timeouts: { request: '2s', backendRequest: '500ms' } },
      ]),
    ],
    {},
  );
  expect(rule).toMatchObject({
    timeoutMs: 2000,
    retry: { attempts: 3, codes: [503], backoffMs: 50, perTryTimeoutMs: 500 },
  });
  expect(rule?.retry?.on).toContain('retriable-status-codes');
  const [perTry] = orderedMatches([route([{ timeouts: { request: '2s', backendRequest: '500ms' } }])], {});
  expect(perTry?.timeoutMs).toBe(500);
});

test('Linkerd annotations of the route replace all those of the Service', () => {
  const parent = { 'retry.linkerd.io/http': '5xx', 'timeout.linkerd.io/request': '1s' };
  expect(orderedMatches([route([{}])], parent)[0]).toMatchObject({ timeoutMs: 1000, retry: { attempts: 1 } });
  const own = {
    'retry.linkerd.io/grpc': 'unavailable',
    'retry.linkerd.io/limit': '4',
    'retry.linkerd.io/timeout': '100ms',
  };
  expect(orderedMatches([route([{}], own)], parent)[0]).toMatchObject({
    timeoutMs: undefined,
    retry: { attempts: 4, on: ['unavailable'], perTryTimeoutMs: 100 },
  });
  expect(retriedCodes('502-504, 429')).toEqual([502, 503, 504, 429]);
  expect(retriedCodes('gateway-error')).toEqual([502, 503, 504]);
});

test('host names of the edge match without the port and whatever their case', () => {
  const match = { path: { type: 'PathPrefix', value: '/' }, headers: [], query: [] } as const;
  const [header] = envoyMatch(match, ['a.example', '*.b.example']).headers as {
    string_match: { safe_regex: { regex: string } };
  }[];
  const { regex } = header?.string_match.safe_regex ?? { regex: '' };
  const pattern = new RegExp(`^(?:${regex.replace('(?i:', '(?:')})$`, 'i');
  for (const host of ['a.example', 'A.example:8080', 'x.b.example']) expect(pattern.test(host), host).toBe(true);
  for (const host of ['b.example', 'a-example', 'xa.example']) expect(pattern.test(host), host).toBe(false);
});

test('protocols: appProtocol, else the first part of the name, else nothing is said', () => {
  expect(saidProtocol({ appProtocol: 'kubernetes.io/h2c', name: 'http' })).toBe('grpc');
  expect(saidProtocol({ name: 'http-admin' })).toBe('http');
  expect(saidProtocol({ name: 'grpc' })).toBe('grpc');
  expect(saidProtocol({ name: 'admin' })).toBeUndefined();
  expect(saidProtocol({})).toBeUndefined();
  expect(appProtocols).toContain('linkerd.io/opaque');
});

test('durations', () => {
  expect(parseDurationMs('1m30s')).toBe(90_000);
  expect(parseDurationMs('1h')).toBe(3_600_000);
  expect(parseDurationMs('300ms')).toBe(300);
  expect(() => parseDurationMs('5 s')).toThrow(/is no duration/);
  expect(protoDuration(300)).toBe('0.3s');
});
