import { checked, enforced, fields, list, matching, oneOf, refused } from './shape.ts';

const strict = fields({
  mode: oneOf(['STRICT', 'UNSET'], 'mutual TLS is always strict here; write STRICT, or keep the Pod out of the mesh'),
});
const selector = fields({ matchLabels: enforced });
const tokens = 'sidecars check no tokens: the services do, see services/kit';
const addresses = 'addresses mean nothing on one machine: name identities in source.principals';

/** https://istio.io/latest/docs/reference/config/security/peer_authentication/ */
export const peerAuthenticationSpec = fields({ selector, mtls: strict, portLevelMtls: checked(portModes) });

function portModes(value: unknown): string | undefined {
  const wrong = Object.entries(value as Record<string, { mode?: string }>).find(
    ([, { mode = 'UNSET' }]) => !['STRICT', 'UNSET'].includes(mode),
  );
  return wrong && `port ${wrong[0]}: mutual TLS is always strict here; write STRICT`;
}

/** One `*`, alone, first or last, as Istio's string match has it. */
const wildcard = list(matching(/^\*?[^*{}]*$|^[^*{}]*\*$/, 'write x, x*, *x or *; templates in braces are not done'));
const plainPaths = list(
  matching(/^\*?[^*{}]*$|^[^*{}]*\*$/, 'write /x, /x*, *x or *; templates in braces are not done'),
);
const plain = list(matching(/^[^*]+$/, 'write the name without wildcards'));

const source = fields({
  principals: wildcard,
  notPrincipals: wildcard,
  namespaces: plain,
  notNamespaces: plain,
  serviceAccounts: refused('name the identity in source.principals'),
  notServiceAccounts: refused('name the identity in source.notPrincipals'),
  trustDomains: refused('there is one trust domain: name identities in source.principals'),
  notTrustDomains: refused('there is one trust domain: name identities in source.notPrincipals'),
  requestPrincipals: refused(tokens),
  notRequestPrincipals: refused(tokens),
  ipBlocks: refused(addresses),
  notIpBlocks: refused(addresses),
  remoteIpBlocks: refused(addresses),
  notRemoteIpBlocks: refused(addresses),
});

const hosts = refused("the Host header is the caller's to choose: use paths, methods or ports");
const target = fields({
  group: enforced,
  kind: oneOf(['Gateway'], 'select Pods with selector.matchLabels'),
  name: enforced,
  namespace: refused('put the policy into the namespace of the Gateway'),
});

/** https://istio.io/latest/docs/reference/config/security/authorization-policy/ */
export const authorizationPolicySpec = fields({
  action: oneOf(['ALLOW', 'DENY'], 'AUDIT and CUSTOM have nothing to report to here'),
  provider: refused('there are no external authorizers'),
  selector,
  targetRef: target,
  targetRefs: list(target),
  rules: list(
    fields({
      from: list(fields({ source })),
      to: list(
        fields({
          operation: fields({
            ports: plain,
            notPorts: plain,
            methods: wildcard,
            notMethods: wildcard,
            paths: plainPaths,
            notPaths: plainPaths,
            hosts,
            notHosts: hosts,
          }),
        }),
      ),
      when: refused('write the condition as from or to; tokens and headers are checked by the services'),
    }),
  ),
});

const always = "Envoy's limits are lifted here: bound the work in the service";

/** https://istio.io/latest/docs/reference/config/networking/destination-rule/ */
export const destinationRuleSpec = fields({
  host: matching(/^[a-z0-9.-]+$/, 'write one host without wildcards'),
  exportTo: refused('rules hold for the whole mesh'),
  subsets: refused('give each release a Service of its own, as charts/ does'),
  workloadSelector: refused('rules hold for all callers'),
  trafficPolicy: fields({
    outlierDetection: fields({
      consecutive5xxErrors: enforced,
      consecutiveGatewayErrors: enforced,
      interval: enforced,
      baseEjectionTime: enforced,
      maxEjectionPercent: enforced,
      consecutiveErrors: refused('use consecutive5xxErrors'),
      consecutiveLocalOriginFailures: refused('connection errors count as 5xx: use consecutive5xxErrors'),
      splitExternalLocalOriginErrors: refused('connection errors count as 5xx: use consecutive5xxErrors'),
      minHealthPercent: refused('use maxEjectionPercent'),
      outlierDetectionHttpErrorCodes: refused('only 5xx counts: use consecutive5xxErrors'),
    }),
    tls: fields({
      mode: oneOf(['ISTIO_MUTUAL'], 'sidecars use their own identity'),
      caCertificates: refused('sidecars use their own identity'),
      caCrl: refused('certificates live an hour'),
      clientCertificate: refused('sidecars use their own identity'),
      credentialName: refused('sidecars use their own identity'),
      insecureSkipVerify: refused('identities are always checked'),
      privateKey: refused('sidecars use their own identity'),
      sni: refused('the server name chooses the app port'),
      subjectAltNames: refused('the identity follows from the ServiceAccount'),
    }),
    connectionPool: refused(always),
    loadBalancer: refused('requests go round the Pods; weights are those of routes'),
    portLevelSettings: refused('write the policy for the whole host'),
    proxyProtocol: refused('the caller is told in x-forwarded-client-cert'),
    retryBudget: refused('bound tries with rules[].retry.attempts of the route'),
    tunnel: refused('there is no egress proxy'),
  }),
});

const elsewhere = refused('give selector.matchLabels instead');

/** https://istio.io/latest/docs/reference/config/telemetry/ */
export const telemetrySpec = fields({
  selector,
  targetRef: elsewhere,
  targetRefs: elsewhere,
  metrics: refused('the statistics of the sidecars are fixed'),
  accessLogging: refused('the log of all sidecars is switched on when the cluster starts'),
  tracing: list(
    fields({
      providers: list(fields({ name: enforced }), 1),
      randomSamplingPercentage: enforced,
      disableSpanReporting: refused('set randomSamplingPercentage to 0: no new trace begins then'),
      customTags: refused('Pod and version are tags already; others are set by the services'),
      enableIstioTags: refused('remove it'),
      match: refused('sidecars of caller and provider both report'),
      useRequestIdForTraceSampling: refused('the sampling flag of traceparent decides'),
    }),
    1,
  ),
});

/** Kinds of Istio that as a whole have nothing behind them here, and what to use. */
export const refusedIstioKinds: Readonly<Record<string, string>> = {
  'VirtualService.networking.istio.io': 'use HTTPRoute, GRPCRoute or TCPRoute (gateway.networking.k8s.io)',
  'Gateway.networking.istio.io': 'use Gateway of gateway.networking.k8s.io',
  'ServiceEntry.networking.istio.io': 'services outside the cluster are called directly',
  'Sidecar.networking.istio.io': 'every sidecar reaches every Service that lets it in; use AuthorizationPolicy',
  'EnvoyFilter.networking.istio.io': 'the configuration of the sidecars is compiled from routes and policies alone',
  'RequestAuthentication.security.istio.io': tokens,
};
