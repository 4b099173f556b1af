import type { StatefulSet } from 'kubernetes-types/apps/v1.js';
import type { Storage } from '../../charts/context.ts';
import { postgres } from '../../mesh/exchange.ts';
import type { Cluster } from '../cluster.ts';
import { namespace } from '../routes.ts';
import { otherStorage } from '../target/record.ts';

/** Refuses a storage other than that of the database that runs (Failure `OtherStorage`): the API server would refuse it halfway through. */
export async function requireSameStorage(cluster: Pick<Cluster, 'read'>, wanted: Storage | undefined): Promise<void> {
  const found = await cluster.read<StatefulSet>({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: postgres.name, namespace },
  });
  if (!found || wanted === undefined) return;
  const runs = (found.spec?.volumeClaimTemplates ?? []).length > 0 ? 'claim' : 'ephemeral';
  if (runs !== wanted) throw otherStorage(runs);
}
