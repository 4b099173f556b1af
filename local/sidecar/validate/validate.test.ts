import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { KubeObject } from '../../store/types.ts';
import { appProtocols } from '../protocol.ts';
import type { Shape } from './shape.ts';
import { specShapes, validate } from './validate.ts';

const packages = createRequire(import.meta.url);
const folderOf = (name: string) => dirname(packages.resolve(`@kubernetes-models/${name}/package.json`));

/** Names of the properties that a published type has, from its declaration. */
function propertiesOf(type: string): string[] {
  const text = readFileSync(join(folderOf('gateway-api'), `gateway.networking.k8s.io/v1/${type}.d.ts`), 'utf8');
  return [...text.matchAll(/^ {4}"(\w+)"\??:/gm)].map(([, name]) => name ?? '');
}

function inner(shape: Shape | undefined, path: string): Shape | undefined {
  let at = shape;
  for (const name of path.split('.').filter(Boolean)) {
    if (at?.is === 'list') at = at.item;
    at = at?.is === 'fields' ? at.fields[name] : undefined;
  }
  return at?.is === 'list' ? at.item : at;
}

const gatewayTypes: readonly [kind: string, path: string, type: string][] = [
  ['HTTPRoute', '', 'HTTPRouteSpec'],
  ['HTTPRoute', 'parentRefs', 'ParentReference'],
  ['HTTPRoute', 'rules', 'HTTPRouteRule'],
  ['HTTPRoute', 'rules.matches', 'HTTPRouteMatch'],
  ['HTTPRoute', 'rules.matches.path', 'HTTPPathMatch'],
  ['HTTPRoute', 'rules.matches.headers', 'HTTPHeaderMatch'],
  ['HTTPRoute', 'rules.matches.queryParams', 'HTTPQueryParamMatch'],
  ['HTTPRoute', 'rules.filters', 'HTTPRouteFilter'],
  ['HTTPRoute', 'rules.filters.requestHeaderModifier', 'HTTPHeaderFilter'],
  ['HTTPRoute', 'rules.backendRefs', 'HTTPBackendRef'],
  ['HTTPRoute', 'rules.timeouts', 'HTTPRouteTimeouts'],
  ['HTTPRoute', 'rules.retry', 'HTTPRouteRetry'],
  ['GRPCRoute', '', 'GRPCRouteSpec'],
  ['GRPCRoute', 'rules', 'GRPCRouteRule'],
  ['GRPCRoute', 'rules.matches', 'GRPCRouteMatch'],
  ['GRPCRoute', 'rules.matches.method', 'GRPCMethodMatch'],
  ['Gateway', '', 'GatewaySpec'],
  ['Gateway', 'listeners', 'Listener'],
  ['Gateway', 'listeners.allowedRoutes', 'AllowedRoutes'],
  ['Gateway', 'listeners.allowedRoutes.namespaces', 'RouteNamespaces'],
  ['Gateway', 'listeners.allowedRoutes.kinds', 'RouteGroupKind'],
  ['Gateway', 'listeners.tls.certificateRefs', 'SecretObjectReference'],
  ['Gateway', 'infrastructure', 'GatewayInfrastructure'],
];

test.each(gatewayTypes)('%s %s: each field of %s is enforced or refused', (kind, path, type) => {
  const shape = inner(specShapes[`${kind}.gateway.networking.k8s.io`], path);
  const known = propertiesOf(type);
  expect(known.length).toBeGreaterThan(0);
  expect(known.filter((name) => shape?.is !== 'fields' || !(name in shape.fields))).toEqual([]);
});

/** Paths of all properties under `spec`, by indentation. */
function istioPaths(file: string): string[] {
  const text = readFileSync(join(folderOf('istio'), `${file}.d.ts`), 'utf8');
  const stack: { indent: number; name: string }[] = [];
  const found = new Set<string>();
  for (const [, spaces = '', name = ''] of text.matchAll(/^( *)"(\w+)"\??:/gm)) {
    while ((stack.at(-1)?.indent ?? -1) >= spaces.length) stack.pop();
    stack.push({ indent: spaces.length, name });
    if (stack[0]?.name === 'spec' && stack.length > 1)
      found.add(
        stack
          .slice(1)
          .map((one) => one.name)
          .join('.'),
      );
  }
  return [...found];
}

test.each([
  ['security.istio.io/v1/PeerAuthentication', 'PeerAuthentication.security.istio.io'],
  ['security.istio.io/v1/AuthorizationPolicy', 'AuthorizationPolicy.security.istio.io'],
  ['networking.istio.io/v1/DestinationRule', 'DestinationRule.networking.istio.io'],
  ['telemetry.istio.io/v1/Telemetry', 'Telemetry.telemetry.istio.io'],
])('each field of %s is enforced or refused', (file, kind) => {
  const paths = istioPaths(file);
  expect(paths.length).toBeGreaterThan(3);
  const undecided = paths.filter((path) => {
    let at: Shape | undefined = specShapes[kind];
    for (const name of path.split('.')) {
      if (at?.is === 'list') at = at.item;
      // A decision about a field decides about what is in it.
      if (at?.is !== 'fields') return false;
      at = at.fields[name];
      if (!at) return true;
    }
    return false;
  });
  expect(undecided).toEqual([]);
});

const object = (
  apiVersion: string,
  kind: string,
  spec: object,
  annotations: Record<string, string> = {},
): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: 'x', namespace: 'exchange', annotations },
  spec,
});
const gatewayApi = 'gateway.networking.k8s.io/v1';
const security = 'security.istio.io/v1';
const linkerd = 'policy.linkerd.io/v1alpha1';
const rule = (fields: object) => ({ rules: [fields] });
const issuers = (key: string) => ({ rules: [{ when: [{ key, values: ['x'] }] }] });

test.each<[string, KubeObject, string, RegExp]>([
  [
    'permissive',
    object(security, 'PeerAuthentication', { mtls: { mode: 'PERMISSIVE' } }),
    'spec.mtls.mode',
    /always strict/,
  ],
  [
    'port level',
    object(security, 'PeerAuthentication', { portLevelMtls: { 80: { mode: 'DISABLE' } } }),
    'spec.portLevelMtls',
    /port 80/,
  ],
  ['audit', object(security, 'AuthorizationPolicy', { action: 'AUDIT' }), 'spec.action', /ALLOW, DENY/],
  [
    'when',
    object(security, 'AuthorizationPolicy', issuers('request.auth.claims[iss]')),
    'spec.rules[0].when',
    /services/,
  ],
  [
    'tokens',
    object(security, 'AuthorizationPolicy', rule({ from: [{ source: { requestPrincipals: ['*'] } }] })),
    'spec.rules[0].from[0].source.requestPrincipals',
    /no tokens/,
  ],
  [
    'filter',
    object(gatewayApi, 'HTTPRoute', rule({ filters: [{ type: 'URLRewrite' }] })),
    'spec.rules[0].filters[0].type',
    /RequestHeaderModifier, RequestMirror/,
  ],
  [
    'mirrored fraction',
    object(gatewayApi, 'HTTPRoute', rule({ filters: [{ requestMirror: { fraction: { numerator: 1 } } }] })),
    'spec.rules[0].filters[0].requestMirror.fraction',
    /percent/,
  ],
  [
    'session',
    object(gatewayApi, 'HTTPRoute', rule({ sessionPersistence: {} })),
    'spec.rules[0].sessionPersistence',
    /sticky/,
  ],
  [
    'other namespace',
    object(gatewayApi, 'HTTPRoute', rule({ backendRefs: [{ name: 'a', namespace: 'b' }] })),
    'spec.rules[0].backendRefs[0].namespace',
    /namespace of its backends/,
  ],
  [
    'duration',
    object(gatewayApi, 'HTTPRoute', rule({ timeouts: { request: '5 s' } })),
    'spec.rules[0].timeouts.request',
    /no duration/,
  ],
  [
    'new field',
    object(gatewayApi, 'HTTPRoute', rule({ somethingNew: 1 })),
    'spec.rules[0].somethingNew',
    /does not know/,
  ],
  [
    'protocol',
    object(gatewayApi, 'Gateway', { listeners: [{ name: 'a', port: 1, protocol: 'TCP' }] }),
    'spec.listeners[0].protocol',
    /HTTP, HTTPS/,
  ],
  [
    'two listeners',
    object(gatewayApi, 'Gateway', { listeners: [{ port: 1 }, { port: 1 }] }),
    'spec.listeners[1].port',
    /one listener per port/,
  ],
  [
    'core group',
    object(gatewayApi, 'GRPCRoute', { parentRefs: [{ group: 'core', kind: 'Service', name: 'a' }] }),
    'spec.parentRefs[0].group',
    /""/,
  ],
  ['whole kind', object('networking.istio.io/v1', 'VirtualService', {}), 'kind', /use HTTPRoute/],
  ['envoy filter', object('networking.istio.io/v1alpha3', 'EnvoyFilter', {}), 'kind', /compiled/],
  [
    'pool',
    object('networking.istio.io/v1', 'DestinationRule', { host: 'a', trafficPolicy: { connectionPool: {} } }),
    'spec.trafficPolicy.connectionPool',
    /lifted/,
  ],
  ['metrics', object('telemetry.istio.io/v1', 'Telemetry', { metrics: [] }), 'spec.metrics', /fixed/],
  [
    'open server',
    object('policy.linkerd.io/v1beta3', 'Server', { port: 1, accessPolicy: 'all-unauthenticated' }),
    'spec.accessPolicy',
    /always strict/,
  ],
  [
    'route target',
    object(linkerd, 'AuthorizationPolicy', { targetRef: { kind: 'HTTPRoute', name: 'a' } }),
    'spec.targetRef.kind',
    /name the Server/,
  ],
  [
    'network',
    object(linkerd, 'NetworkAuthentication', { networks: [{ cidr: '10.0.0.0/8' }] }),
    'spec.networks[0].cidr',
    /one machine/,
  ],
  ['udp', object('v1', 'Service', { ports: [{ port: 53, protocol: 'UDP' }] }), 'spec.ports[0].protocol', /carry TCP/],
  [
    'app protocol',
    object('v1', 'Service', { ports: [{ port: 1, appProtocol: 'mongo' }] }),
    'spec.ports[0].appProtocol',
    /kubernetes.io\/h2c/,
  ],
  [
    'annotation',
    object('v1', 'Service', {}, { 'timeout.linkerd.io/response': '1s' }),
    'metadata.annotations[timeout.linkerd.io/response]',
    /remove it/,
  ],
  [
    'accrual',
    object('v1', 'Service', {}, { 'balancer.linkerd.io/failure-accrual': 'unified' }),
    'metadata.annotations[balancer.linkerd.io/failure-accrual]',
    /consecutive/,
  ],
])('%s is refused by the name of its field', (_what, refused, field, detail) => {
  expect(validate(refused)).toEqual([expect.objectContaining({ field, detail: expect.stringMatching(detail) })]);
});

test('what is enforced passes', () => {
  for (const accepted of [
    object(security, 'PeerAuthentication', { mtls: { mode: 'STRICT' } }),
    object(security, 'AuthorizationPolicy', {}),
    object('v1', 'Service', { ports: appProtocols.map((appProtocol, port) => ({ port, appProtocol })) }),
    object('v1', 'ConfigMap', {}),
    object('v1', 'Service', {}, { 'retry.linkerd.io/http': '5xx,429', 'timeout.linkerd.io/request': '1m30s' }),
  ]) {
    expect(validate(accepted)).toEqual([]);
  }
});
