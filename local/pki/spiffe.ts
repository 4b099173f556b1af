import { identityOf } from '../../mesh/identity.ts';

/** A workload's name in SPIFFE form, as Istio writes it (https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md). */
export function spiffeId(
  trustDomain: string,
  workload: { readonly namespace: string; readonly serviceAccount: string },
): string {
  return identityOf('spiffe', { trustDomain, ...workload });
}
