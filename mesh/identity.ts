/** How a mesh writes the name of a workload in its certificates. */
export type IdentityForm = 'spiffe' | 'linkerd';

export interface Workload {
  readonly trustDomain: string;
  readonly namespace: string;
  readonly serviceAccount: string;
}

/**
 * `spiffe`: Istio and the embedded cluster (https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md); `linkerd`: a
 * DNS name (https://linkerd.io/2/features/automatic-mtls/).
 */
export function identityOf(form: IdentityForm, { trustDomain, namespace, serviceAccount }: Workload): string {
  return form === 'spiffe'
    ? `spiffe://${trustDomain}/ns/${namespace}/sa/${serviceAccount}`
    : `${serviceAccount}.${namespace}.serviceaccount.identity.linkerd.${trustDomain}`;
}
