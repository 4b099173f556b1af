import { expect, test } from 'vitest';
import type { Traffic } from '../core/traffic.ts';
import { cookieExpression } from './cookie-match.ts';
import type { Route, RouteRule } from './objects.ts';
import { addedAnnotation, type WantedCalls } from './route-rules.ts';
import { isRoutedAs, type RouteWish, routePatch, servicesRouted, sharesIn, trafficProblem } from './routes.ts';

const ref = (release: string, weight: number) => ({
  group: '',
  kind: 'Service',
  name: `accounts-${release.replaceAll('.', '-')}`,
  port: 8080,
  weight,
});
const route = (rules: readonly RouteRule[], more: { kind?: string; parent?: string } = {}): Route => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: more.kind ?? 'HTTPRoute',
  metadata: { name: 'accounts', namespace: 'exchange', resourceVersion: '7', generation: 1 },
  spec: { parentRefs: [{ kind: more.parent ?? 'Service', name: 'accounts' }], rules },
});
const weighted: RouteRule = {
  matches: [{ path: { type: 'PathPrefix', value: '/v1' } }, { path: { type: 'PathPrefix', value: '/v2' } }],
  filters: [{ type: 'RequestHeaderModifier', requestHeaderModifier: { remove: ['x'] } }],
  backendRefs: [ref('1.4.0', 100)],
  timeouts: { request: '5s' },
  retry: { attempts: 2 },
};
const traffic = (traffic: Traffic): Pick<RouteWish, 'traffic'> => ({
  traffic: { service: 'accounts', stable: '1.4.0', candidate: '2.0.0', traffic },
});
const calls: WantedCalls = { service: 'accounts', uid: 'u1', releases: ['1.4.0', '2.0.0'] };

/** What an API server makes of the patch. */
function patched(before: Route, wish: RouteWish): Route {
  const patch = routePatch(before, wish);
  if (!patch) return before;
  const { resourceVersion: _, annotations = {} } = patch.metadata;
  const merged = Object.entries({ ...before.metadata.annotations, ...annotations }).filter(([, text]) => text !== null);
  return {
    ...before,
    metadata: { ...before.metadata, annotations: Object.fromEntries(merged) as Record<string, string> },
    spec: { ...before.spec, rules: patch.spec.rules },
  };
}
const backends = (rule: RouteRule | undefined) => rule?.backendRefs?.map(({ name, weight }) => `${name}=${weight}`);

test('weights go into the last rule; every other field stays; other releases get nothing', () => {
  const before = route([{ ...weighted, backendRefs: [ref('1.3.0', 5), ref('1.4.0', 95)] }]);
  const patch = routePatch(before, traffic({ weight: 10 }));
  expect(patch?.metadata).toEqual({ resourceVersion: '7' });
  const [rule] = patch?.spec.rules ?? [];
  expect(backends(rule)).toEqual(['accounts-1-3-0=0', 'accounts-1-4-0=90', 'accounts-2-0-0=10']);
  expect({ ...rule, backendRefs: 0 }).toEqual({ ...weighted, backendRefs: 0 });
});

test('equal proportions are equal, and what nobody asks for is not appended', () => {
  expect(routePatch(route([{ backendRefs: [ref('1.4.0', 1)] }]), traffic({ weight: 0 }))).toBeUndefined();
  const half = route([{ backendRefs: [ref('1.4.0', 1), ref('2.0.0', 1)] }]);
  expect(routePatch(half, traffic({ weight: 50 }))).toBeUndefined();
  expect(routePatch(half, traffic({ weight: 51 }))).toBeDefined();
});

test('a match and a mirror are added, recognised and taken away again, to the letter', () => {
  const before = route([{ ...weighted, matches: undefined }, weighted]);
  const match = [{ headers: [{ name: 'x-canary', value: '1' }], cookies: [{ name: 'beta', value: 'yes' }] }];
  const wanted = traffic({ weight: 0, match, mirrorPercent: 25 });
  const during = patched(before, wanted);
  expect(during.spec.rules).toHaveLength(3);
  const [first, , last] = during.spec.rules ?? [];
  expect(
    first?.matches?.map(({ path, headers }) => [path, headers?.map(({ type, name }) => `${type} ${name}`)]),
  ).toEqual([
    [{ type: 'PathPrefix', value: '/v1' }, ['Exact x-canary', 'RegularExpression cookie']],
    [{ type: 'PathPrefix', value: '/v2' }, ['Exact x-canary', 'RegularExpression cookie']],
  ]);
  expect(first).toMatchObject({ timeouts: weighted.timeouts, retry: weighted.retry, filters: weighted.filters });
  expect(backends(first)).toEqual(['accounts-2-0-0=1']);
  expect(last?.filters).toHaveLength(2);
  expect(last?.filters?.[1]).toEqual({
    type: 'RequestMirror',
    requestMirror: { backendRef: { group: '', kind: 'Service', name: 'accounts-2-0-0', port: 8080 }, percent: 25 },
  });
  expect(routePatch(during, wanted)).toBeUndefined();
  const after = patched(during, traffic({ weight: 0 }));
  expect(after.spec).toEqual(before.spec);
  expect(after.metadata.annotations).toEqual({});
});

test('what an API server fills in does not hide a rule that was added', () => {
  const wanted = traffic({ weight: 0, match: [{ headers: [{ name: 'x-canary', value: '1' }] }] });
  const during = patched(route([{ backendRefs: [ref('1.4.0', 100)] }]), wanted);
  const filled = (during.spec.rules ?? []).map((rule) => ({
    ...rule,
    matches: (rule.matches ?? [{}]).map((match) => ({ path: { type: 'PathPrefix', value: '/' }, ...match })),
  }));
  const stored = { ...during, spec: { ...during.spec, rules: filled } };
  expect(routePatch(stored, wanted)).toBeUndefined();
  expect(patched(stored, traffic({ weight: 0 })).spec.rules).toEqual(filled.slice(1));
});

test('a rule of somebody else that looks alike stays', () => {
  const theirs: RouteRule = {
    matches: [{ headers: [{ name: 'x-canary', value: '1' }] }],
    backendRefs: [ref('2.0.0', 1)],
  };
  const before = route([theirs, weighted]);
  expect(routePatch(before, traffic({ weight: 0 }))).toBeUndefined();
  const match = [{ headers: [{ name: 'x-canary', value: '1' }] }];
  const during = patched(route([theirs, { ...weighted, matches: undefined }]), traffic({ weight: 0, match }));
  expect(during.spec.rules).toHaveLength(3);
  expect(patched(during, traffic({ weight: 0 })).spec.rules?.[0]).toEqual(theirs);
});

test('calls of the kit have rules at the edge only, and weights do not touch them', () => {
  expect(routePatch(route([weighted]), { calls })).toBeUndefined();
  const edge = patched(route([weighted], { parent: 'Gateway' }), { calls });
  expect(edge.spec.rules?.map((rule) => rule.matches?.[0]?.headers?.[0]?.value)).toEqual([
    'u1.1.4.0',
    'u1.2.0.0',
    undefined,
  ]);
  const both = patched(edge, { ...traffic({ weight: 40 }), calls });
  expect(both.spec.rules?.map(backends)).toEqual([
    ['accounts-1-4-0=1'],
    ['accounts-2-0-0=1'],
    ['accounts-1-4-0=60', 'accounts-2-0-0=40'],
  ]);
  expect(isRoutedAs(both, traffic({ weight: 40 }).traffic!)).toBe(true);
  expect(isRoutedAs(both, traffic({ weight: 0 }).traffic!)).toBe(false);
  const weightOnly = patched(both, {});
  expect(weightOnly.spec.rules?.map(backends)).toEqual([['accounts-1-4-0=60', 'accounts-2-0-0=40']]);
  expect(weightOnly.metadata.annotations?.[addedAnnotation]).toBeUndefined();
});

test('shares and services of a route', () => {
  const split = route([weighted, { backendRefs: [ref('1.4.0', 3), ref('2.0.0-rc.1', 1)] }]);
  expect([...sharesIn(split)]).toEqual([
    ['accounts-1-4-0', 75],
    ['accounts-2-0-0-rc-1', 25],
  ]);
  expect(servicesRouted(split)).toEqual(['accounts']);
});

test('what TCP cannot do is said by name', () => {
  const tcp = route([{ backendRefs: [ref('1.4.0', 1)] }], { kind: 'TCPRoute' });
  expect(trafficProblem([tcp], { weight: 0, match: [{}] })).toMatch(/TCPRoute accounts .*strategy.canary/);
  expect(trafficProblem([tcp], { weight: 0, mirrorPercent: 5 })).toMatch(/mirror/);
  expect(trafficProblem([tcp], { weight: 50 })).toBeUndefined();
  expect(backends(patched(tcp, traffic({ weight: 50 })).spec.rules?.[0])).toEqual([
    'accounts-1-4-0=50',
    'accounts-2-0-0=50',
  ]);
});

test.each([
  ['beta=yes', true],
  ['a=1; beta=yes', true],
  ['beta=yes; a=1', true],
  ['xbeta=yes', false],
  ['beta=yesno', false],
])('cookie %s: %s', (header, matches) => {
  const whole = new RegExp(`^(?:${cookieExpression([{ name: 'beta', value: 'yes' }])})$`);
  expect(whole.test(header)).toBe(matches);
});

test('several cookies match in any order', () => {
  const whole = new RegExp(
    `^(?:${cookieExpression([
      { name: 'a', value: '1' },
      { name: 'b', value: '2' },
    ])})$`,
  );
  expect(['a=1; b=2', 'b=2; x=9; a=1', 'b=2;a=1; z=0'].every((text) => whole.test(text))).toBe(true);
  expect(['a=1', 'a=1; b=3', 'b=2'].some((text) => whole.test(text))).toBe(false);
});
