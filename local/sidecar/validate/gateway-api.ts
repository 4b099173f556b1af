import { parseDurationMs } from '../duration.ts';
import { checked, enforced, fields, list, matching, oneOf, refused, type Shape } from './shape.ts';

const duration = checked((value) => {
  try {
    parseDurationMs(String(value));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
});

const regularExpression = (shape: Readonly<Record<string, Shape>>) => fields(shape);
const matchType = oneOf(['Exact', 'RegularExpression'], 'use one of them');
const valueMatches = list(regularExpression({ type: matchType, name: enforced, value: enforced }));
const header = list(fields({ name: enforced, value: enforced }));

const service = {
  group: oneOf([''], 'backends are Services (group "")'),
  kind: oneOf(['Service'], 'backends are Services'),
  name: enforced,
  port: enforced,
};
const elsewhere = refused('put the route into the namespace of its backends');

const filter = fields({
  type: oneOf(['RequestHeaderModifier', 'RequestMirror'], 'take the filter out, or do it in the service'),
  requestHeaderModifier: fields({ set: header, add: header, remove: enforced }),
  responseHeaderModifier: refused('set the header in the service'),
  requestMirror: fields({
    backendRef: fields({ ...service, namespace: elsewhere }),
    percent: enforced,
    fraction: refused('write the share as percent'),
  }),
  requestRedirect: refused('answer with the redirect in the service'),
  urlRewrite: refused('serve the path that callers use'),
  cors: refused('answer preflight requests in the service'),
  externalAuth: refused('check tokens in the service'),
  extensionRef: refused('take the filter out'),
});

const backend = fields({
  ...service,
  namespace: elsewhere,
  weight: enforced,
  filters: refused('put the filter into rules[].filters, or use a rule per backend'),
});

const parent = fields({
  group: oneOf(['', 'gateway.networking.k8s.io'], 'write "" for a Service'),
  kind: oneOf(['Service', 'Gateway'], 'routes hang on a Service or a Gateway'),
  namespace: enforced,
  name: enforced,
  sectionName: enforced,
  port: enforced,
});

const unnamed = refused('remove it; nothing refers to a rule by name here');
const sticky = refused('sessions are not sticky here: keep their state in a store that all Pods read');

/** https://gateway-api.sigs.k8s.io/reference/spec/#httproutespec */
export const httpRouteSpec = fields({
  parentRefs: list(parent),
  hostnames: enforced,
  useDefaultGateways: refused('name the Gateway in parentRefs'),
  rules: list(
    fields({
      name: unnamed,
      matches: list(
        fields({
          path: fields({
            type: oneOf(['Exact', 'PathPrefix', 'RegularExpression'], 'use one of them'),
            value: matching(/^(?!.*[?#])[/(.^[\\]/, 'write a path that starts with / and has no ? or #'),
          }),
          headers: valueMatches,
          queryParams: valueMatches,
          method: enforced,
        }),
      ),
      filters: list(filter),
      backendRefs: list(backend),
      timeouts: fields({ request: duration, backendRequest: duration }),
      retry: fields({ codes: enforced, attempts: enforced, backoff: duration }),
      sessionPersistence: sticky,
    }),
  ),
});

/** https://gateway-api.sigs.k8s.io/reference/spec/#grpcroutespec */
export const grpcRouteSpec = fields({
  parentRefs: list(parent),
  hostnames: enforced,
  useDefaultGateways: refused('name the Gateway in parentRefs'),
  rules: list(
    fields({
      name: unnamed,
      matches: list(
        fields({
          method: fields({ type: matchType, service: enforced, method: enforced }),
          headers: valueMatches,
        }),
      ),
      filters: list(filter),
      backendRefs: list(backend),
      sessionPersistence: sticky,
    }),
  ),
});

/** https://gateway-api.sigs.k8s.io/reference/spec/#tcproutespec */
export const tcpRouteSpec = fields({
  parentRefs: list(
    fields({
      group: oneOf([''], 'write ""'),
      kind: oneOf(['Service'], 'a TCPRoute hangs on a Service; Gateways have HTTP and HTTPS listeners only'),
      namespace: enforced,
      name: enforced,
      sectionName: refused('name the port by its number'),
      port: enforced,
    }),
  ),
  useDefaultGateways: refused('name the Service in parentRefs'),
  rules: list(fields({ name: unnamed, backendRefs: list(backend) }), 1),
});

const sameNamespace = refused('put the Secret into the namespace of the Gateway');

/** https://gateway-api.sigs.k8s.io/reference/spec/#gatewayspec */
export const gatewaySpec = fields({
  gatewayClassName: enforced,
  addresses: list(
    fields({
      type: oneOf(
        ['Hostname'],
        'the address is that of the host; Hostname names the Service of a Deployment of your own',
      ),
      value: enforced,
    }),
  ),
  allowedListeners: refused('write all listeners into the Gateway'),
  backendTLS: refused('sidecars use their own identity'),
  defaultScope: refused('name the Gateway in the parentRefs of each route'),
  tls: refused('write it into listeners[].tls; client certificates are not asked for at the edge'),
  infrastructure: fields({
    labels: enforced,
    annotations: enforced,
    parametersRef: refused('bring a Deployment of your own and name its Service in addresses'),
  }),
  listeners: list(
    fields({
      name: enforced,
      hostname: enforced,
      port: enforced,
      protocol: oneOf(['HTTP', 'HTTPS'], 'TCP and TLS traffic enters by no Gateway here'),
      tls: fields({
        mode: oneOf(['Terminate'], 'pass-through needs TLSRoute, which is not there'),
        certificateRefs: list(
          fields({
            group: oneOf([''], 'certificates are Secrets'),
            kind: oneOf(['Secret'], 'certificates are Secrets'),
            name: enforced,
            namespace: sameNamespace,
          }),
          1,
        ),
        frontendValidation: refused('client certificates are not asked for at the edge'),
        options: refused('TLS 1.2 and 1.3 are on'),
      }),
      allowedRoutes: fields({
        namespaces: fields({
          from: oneOf(['Same', 'All'], 'use one of them'),
          selector: refused('use from: Same or All'),
        }),
        kinds: list(
          fields({
            group: oneOf(['gateway.networking.k8s.io'], 'routes are of this group'),
            kind: oneOf(['HTTPRoute', 'GRPCRoute'], 'other routes enter by no Gateway here'),
          }),
        ),
      }),
    }),
  ),
});
