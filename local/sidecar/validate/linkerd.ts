import type { FieldError } from '../../store/status.ts';
import { parseDurationMs } from '../duration.ts';
import { checked, enforced, fields, list, oneOf, refused } from './shape.ts';

const strict = 'mutual TLS is always strict here, nobody without an identity comes in';

/** https://linkerd.io/2/reference/authorization-policy/#server */
export const serverSpec = fields({
  podSelector: enforced,
  externalWorkloadSelector: refused('there are no workloads outside'),
  port: enforced,
  proxyProtocol: oneOf(
    ['unknown', 'HTTP/1', 'HTTP/2', 'gRPC', 'opaque', 'TLS'],
    'the appProtocol of the Service decides',
  ),
  accessPolicy: oneOf(['deny', 'all-authenticated', 'cluster-authenticated'], strict),
});

/** https://linkerd.io/2/reference/authorization-policy/#authorizationpolicy */
export const linkerdAuthorizationSpec = fields({
  targetRef: fields({
    group: enforced,
    kind: oneOf(['Server', 'Namespace'], 'name the Server; routes are open or closed as a whole'),
    name: enforced,
    namespace: refused('put the policy into the namespace of the Server'),
  }),
  requiredAuthenticationRefs: list(
    fields({
      group: enforced,
      kind: oneOf(['MeshTLSAuthentication', 'NetworkAuthentication', 'ServiceAccount'], 'use one of them'),
      name: enforced,
      namespace: enforced,
    }),
  ),
});

const identity = /^(\*|(\*|[a-z0-9-]+)\.[a-z0-9-]+\.serviceaccount\.identity\.linkerd\.[a-z0-9.-]+)$/;

/** https://linkerd.io/2/reference/authorization-policy/#meshtlsauthentication */
export const meshTlsSpec = fields({
  identities: list(
    checked((value) =>
      identity.test(String(value))
        ? undefined
        : 'write *, or <serviceaccount>.<namespace>.serviceaccount.identity.linkerd.<domain>',
    ),
  ),
  identityRefs: list(
    fields({
      group: enforced,
      kind: oneOf(['ServiceAccount', 'Namespace'], 'use one of them'),
      name: enforced,
      namespace: enforced,
    }),
  ),
});

/** https://linkerd.io/2/reference/authorization-policy/#networkauthentication */
export const networkAuthenticationSpec = fields({
  networks: list(
    fields({
      cidr: oneOf(['0.0.0.0/0', '::/0'], 'addresses mean nothing on one machine; use MeshTLSAuthentication'),
      except: refused('addresses mean nothing on one machine; use MeshTLSAuthentication'),
    }),
  ),
});

type Check = (value: string) => string | undefined;

const duration: Check = (value) => {
  try {
    parseDurationMs(value);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
};
const count: Check = (value) => (/^[1-9]\d*$/.test(value) ? undefined : 'write a whole number above 0');
const grpcNames = ['cancelled', 'deadline-exceeded', 'internal', 'resource-exhausted', 'unavailable'];
const accrual = 'balancer.linkerd.io/failure-accrual';

/** Annotations with a meaning in Linkerd: enforced when the value passes, refused with the returned words otherwise. */
const annotations: Readonly<Record<string, Check>> = {
  'retry.linkerd.io/http': (value) =>
    value.split(',').every((part) => /^\s*(5xx|gateway-error|[45]\d\d(-[45]\d\d)?)\s*$/.test(part))
      ? undefined
      : 'write 5xx, gateway-error, a code or a range of codes, joined by commas',
  'retry.linkerd.io/grpc': (value) =>
    value.split(',').every((part) => grpcNames.includes(part.trim()))
      ? undefined
      : `write some of ${grpcNames.join(', ')}`,
  'retry.linkerd.io/limit': count,
  'retry.linkerd.io/timeout': duration,
  'timeout.linkerd.io/request': duration,
  'timeout.linkerd.io/idle': duration,
  [accrual]: (value) => (value === 'consecutive' ? undefined : 'only consecutive can be enforced'),
  [`${accrual}-consecutive-max-failures`]: count,
  [`${accrual}-consecutive-min-penalty`]: duration,
  [`${accrual}-consecutive-max-penalty`]: duration,
  'linkerd.io/inject': (value) => (['enabled', 'disabled'].includes(value) ? undefined : 'write enabled or disabled'),
  'config.linkerd.io/default-inbound-policy': (value) =>
    ['deny', 'all-authenticated', 'cluster-authenticated'].includes(value)
      ? undefined
      : `only deny, all-authenticated and cluster-authenticated can be enforced: ${strict}`,
};

/** Annotations that only steer the proxy's own process; the embedded cluster has another one. */
const harmless =
  /^(linkerd\.io\/(created-by|proxy-version|control-plane-ns)|config\.linkerd\.io\/proxy-|viz\.linkerd\.io\/|resource\.opentelemetry\.io\/)/;
/** Keys that change what a mesh does with traffic. */
const meshKey = /(^|\.)linkerd\.io\/|^traffic\.sidecar\.istio\.io\/|^proxy\.istio\.io\/config$/;

/** Problems of the annotations of any object that speak to a mesh. */
export function annotationProblems(held: Readonly<Record<string, string>>): FieldError[] {
  return Object.entries(held).flatMap(([key, value]): FieldError[] => {
    if (!meshKey.test(key) || harmless.test(key)) return [];
    const field = `metadata.annotations[${key}]`;
    const check = annotations[key];
    if (!check) return [{ field, type: 'Forbidden', detail: 'the embedded cluster cannot enforce it: remove it' }];
    const detail = check(value);
    return detail === undefined ? [] : [{ field, type: 'NotSupported', value, detail }];
  });
}
