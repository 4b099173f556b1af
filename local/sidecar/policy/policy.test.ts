import { expect, test } from 'vitest';
import type { KubeObject } from '../../store/types.ts';
import * as mesh from '../sample-mesh.ts';
import { readWorld } from '../world.ts';
import { type AllowList, mayConnect } from './allow-list.ts';
import { rbacPerRoute, sanMatchers } from './rbac.ts';

const orders = { name: 'orders-1', app: 'orders', ip: '127.70.1.2', port: 8080 };
const id = (account: string, namespace = 'exchange') => `spiffe://cluster.local/ns/${namespace}/sa/${account}`;

function listOf(
  policies: readonly KubeObject[],
  options: { port?: number; annotations?: Record<string, string> } = {},
): AllowList {
  const { port = 8080, annotations } = options;
  const namespace = { ...mesh.namespace(), metadata: { ...mesh.namespace().metadata, annotations } };
  const world = readWorld(mesh.reader([namespace, mesh.pod(orders), ...policies]), 'cluster.local');
  const pod = world.pods.get('uid-orders-1');
  if (!pod) throw new Error('no Pod');
  return world.allowList(pod, { port, name: 'http' });
}

const istio = (name: string, spec: object, namespace = 'exchange'): KubeObject => ({
  apiVersion: 'security.istio.io/v1',
  kind: 'AuthorizationPolicy',
  metadata: { name, namespace },
  spec,
});
const from = (source: object, to: object = {}) => ({
  from: [{ source }],
  ...(Object.keys(to).length ? { to: [{ operation: to }] } : {}),
});
const web = 'cluster.local/ns/exchange/sa/web';

const server = (spec: object = {}): KubeObject => ({
  apiVersion: 'policy.linkerd.io/v1beta3',
  kind: 'Server',
  metadata: { name: 'orders', namespace: 'exchange' },
  spec: { podSelector: { matchLabels: { 'app.kubernetes.io/name': 'orders' } }, port: 8080, ...spec },
});
const authorize = (targetRef: object, ...refs: object[]): KubeObject => ({
  apiVersion: 'policy.linkerd.io/v1alpha1',
  kind: 'AuthorizationPolicy',
  metadata: { name: 'allow', namespace: 'exchange' },
  spec: { targetRef, requiredAuthenticationRefs: refs },
});
const toServer = { group: 'policy.linkerd.io', kind: 'Server', name: 'orders' };
const meshTls = (spec: object): KubeObject => ({
  apiVersion: 'policy.linkerd.io/v1alpha1',
  kind: 'MeshTLSAuthentication',
  metadata: { name: 'callers', namespace: 'exchange' },
  spec,
});
const callers = { group: 'policy.linkerd.io', kind: 'MeshTLSAuthentication', name: 'callers' };
const denied = { 'config.linkerd.io/default-inbound-policy': 'deny' };

test.each<[string, AllowList, allowed: string[], refused: string[]]>([
  ['no policy: any identity', listOf([]), [id('web'), id('x', 'y')], []],
  ['empty policy: nobody', listOf([istio('deny-all', {})]), [], [id('web')]],
  ['of the whole mesh', listOf([istio('deny-all', {}, 'istio-system')]), [], [id('web')]],
  ['of another namespace', listOf([istio('deny-all', {}, 'other')]), [id('web')], []],
  ['an empty rule: everybody', listOf([istio('all', { rules: [{}] })]), [id('web')], []],
  [
    'by principal',
    listOf([istio('deny-all', {}), istio('a', { rules: [from({ principals: [web] })] })]),
    [id('web')],
    [id('x')],
  ],
  [
    'by principal prefix',
    listOf([istio('a', { rules: [from({ principals: ['cluster.local/ns/exchange/*'] })] })]),
    [id('x')],
    [id('x', 'y')],
  ],
  [
    'by principal suffix',
    listOf([istio('a', { rules: [from({ principals: ['*/sa/web'] })] })]),
    [id('web', 'y')],
    [id('x')],
  ],
  ['by namespace', listOf([istio('a', { rules: [from({ namespaces: ['exchange'] })] })]), [id('x')], [id('x', 'y')]],
  ['all but one', listOf([istio('a', { rules: [from({ notPrincipals: [web] })] })]), [id('x')], [id('web')]],
  [
    'another port',
    listOf([istio('a', { rules: [from({ principals: [web] }, { ports: ['9090'] })] })]),
    [],
    [id('web')],
  ],
  [
    'not this port',
    listOf([istio('a', { rules: [from({ principals: [web] }, { notPorts: ['9090'] })] })]),
    [id('web')],
    [],
  ],
  [
    'denial first',
    listOf([istio('a', { rules: [{}] }), istio('d', { action: 'DENY', rules: [from({ principals: [web] })] })]),
    [id('x')],
    [id('web')],
  ],
  ['a method cannot hold for TCP', listOf([istio('a', { rules: [from({}, { methods: ['GET'] })] })]), [], [id('web')]],
  ['other Pods', listOf([istio('a', { selector: { matchLabels: { app: 'x' } }, rules: [] })]), [id('web')], []],
  ['a Server alone: nobody', listOf([server()]), [], [id('web')]],
  ['a Server by port name', listOf([server({ port: 'http' })]), [], [id('web')]],
  ['a Server of another port', listOf([server({ port: 9090 })]), [id('web')], []],
  ['a Server open to the mesh', listOf([server({ accessPolicy: 'all-authenticated' })]), [id('web')], []],
  [
    'ServiceAccount',
    listOf([server(), authorize(toServer, { kind: 'ServiceAccount', name: 'web' })]),
    [id('web')],
    [id('x')],
  ],
  [
    'identityRefs',
    listOf([
      server(),
      authorize(toServer, callers),
      meshTls({ identityRefs: [{ kind: 'ServiceAccount', name: 'web' }] }),
    ]),
    [id('web')],
    [id('x')],
  ],
  [
    'identities',
    listOf([
      server(),
      authorize(toServer, callers),
      meshTls({ identities: ['web.exchange.serviceaccount.identity.linkerd.cluster.local'] }),
    ]),
    [id('web')],
    [id('x')],
  ],
  ['any identity', listOf([server(), authorize(toServer, callers), meshTls({ identities: ['*'] })]), [id('x')], []],
  [
    'a namespace',
    listOf([
      server(),
      authorize(toServer, callers),
      meshTls({ identityRefs: [{ kind: 'Namespace', name: 'exchange' }] }),
    ]),
    [id('x')],
    [id('x', 'y')],
  ],
  ['authentication that is not there', listOf([server(), authorize(toServer, callers)]), [], [id('web')]],
  [
    'all of two',
    listOf([
      server(),
      authorize(toServer, callers, { kind: 'ServiceAccount', name: 'x' }),
      meshTls({ identityRefs: [{ kind: 'ServiceAccount', name: 'web' }] }),
    ]),
    [],
    [id('web'), id('x')],
  ],
  [
    'the whole namespace',
    listOf([server(), authorize({ kind: 'Namespace', name: 'exchange' }, { kind: 'ServiceAccount', name: 'web' })]),
    [id('web')],
    [id('x')],
  ],
  ['denied by default', listOf([], { annotations: denied }), [], [id('web')]],
  [
    'any network',
    listOf([server(), authorize(toServer, { kind: 'NetworkAuthentication', name: 'n' })]),
    [id('web')],
    [],
  ],
  [
    'both meshes must allow',
    listOf([
      istio('a', { rules: [from({ principals: [web] })] }),
      server(),
      authorize(toServer, { kind: 'ServiceAccount', name: 'x' }),
    ]),
    [],
    [id('web'), id('x')],
  ],
])('%s', (_what, list, allowed, refused) => {
  for (const identity of allowed) expect(mayConnect(list, identity), identity).toBe(true);
  for (const identity of refused) expect(mayConnect(list, identity), identity).toBe(false);
});

test('an empty allow-list of a TCP port names an identity that nobody has, for no names would let everyone in', () => {
  expect(sanMatchers({ layers: [{ source: 'istio', rules: [] }], denials: [] }, 'cluster.local', [id('web')])).toEqual([
    { san_type: 'URI', matcher: { exact: 'spiffe://nobody.invalid/' } },
  ]);
});

test('methods and paths become permissions, denials a filter of their own', () => {
  const list = listOf([
    istio('a', { rules: [from({ principals: [web] }, { methods: ['GET'], notPaths: ['/private*'] })] }),
    istio('d', { action: 'DENY', rules: [from({}, { paths: ['*.bak'] })] }),
  ]);
  const text = JSON.stringify(rbacPerRoute(list));
  expect(text).toContain(
    '"action":"DENY","policies":{"rule-0":{"permissions":[{"and_rules":{"rules":[{"url_path":{"path":{"suffix":".bak"}}}]}}]',
  );
  expect(text).toContain(
    '{"header":{"name":":method","string_match":{"exact":"GET"}}},{"not_rule":{"url_path":{"path":{"prefix":"/private"}}}}',
  );
});
