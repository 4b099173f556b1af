import type { Namespace } from 'kubernetes-types/core/v1.js';
import type { Ledger, Thing } from '../../install/ledger.ts';
import { ownLabels } from '../../mesh/objects.ts';
import type { Cluster } from '../cluster.ts';
import { Failure } from '../failure.ts';

const managedBy = 'app.kubernetes.io/managed-by';

/**
 * Notes that a namespace is about to be made. One that is there already and was made by another state folder's `up` is used but not
 * noted, so that `down` leaves it; one of others is refused.
 */
export async function takeNamespace(cluster: Cluster, ledger: Ledger, thing: Thing, name: string): Promise<void> {
  if (ledger.state(thing) === undefined) {
    const found = await cluster.read<Namespace>({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    if (found?.metadata?.labels?.[managedBy] === ownLabels[managedBy]) return;
    if (found) {
      throw new Failure('NamespaceOfOthers', `the cluster has a Namespace ${name} that parley did not make`, {
        hint: `Type: export KUBECONFIG=$(parley kubeconfig); kubectl get all -n ${name}   (and, to lose it: kubectl delete namespace ${name})`,
      });
    }
  }
  ledger.begin(thing);
}

/** The namespace and what belongs in it are applied; nothing to note for one that is another folder's. */
export function noteNamespace(ledger: Ledger, thing: Thing): void {
  if (ledger.state(thing) !== undefined) ledger.finish(thing);
}
