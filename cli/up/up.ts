import type { ClusterLedger, Thing } from '../../install/ledger.ts';
import type { StepDone } from '../../install/step.ts';
import { Failure, interrupted } from '../failure.ts';
import { stateFolder } from '../state-folder.ts';
import { claim, ledgerOf, readRecord, requireClaimable } from '../target/record.ts';
import type { Target, TargetRequest } from '../target/target.ts';
import { askBefore } from './ask-before.ts';
import type { UpResult } from './bring-objects.ts';
import { type StepLog, stepLog } from './step-log.ts';

export interface UpReport extends UpResult {
  readonly steps: readonly StepDone[];
}

/**
 * Check, bundle, images, cluster, mesh, secrets, objects, and then waits until every conversation has answered through the
 * sidecars. An interrupted call ends the cluster that it started, and leaves alone what ran before it.
 */
export async function bringUp(target: Target, asked: Omit<TargetRequest, 'ledger'>): Promise<UpReport> {
  const { context, progress } = asked;
  requireClaimable(context, target.describe(context, asked.settings));
  const begun = new Set<Thing>();
  const request = { ...asked, ledger: noting(ledgerOf(stateFolder(context)), begun) };
  const log = stepLog(progress, context);
  try {
    const done = await bringAbout(target, request, log);
    return { ...done, steps: log.done };
  } catch (error) {
    if (!context.signal.aborted) throw error;
    if (begun.has('cluster')) {
      const unhurried = { ...context, signal: new AbortController().signal };
      const record = readRecord(stateFolder(context));
      await progress.step('interrupted: ending what this call started', () => target.stop(unhurried, record));
    }
    throw interrupted();
  }
}

async function bringAbout(target: Target, asked: TargetRequest, log: StepLog): Promise<UpResult> {
  const { context } = asked;
  await log.step(
    'machine',
    () => target.check(asked),
    (notes) => ({ result: notes.join('; ') || 'good' }),
  );
  await log.step('releases built', buildReleases, (count) => ({
    result: count > 0 ? `${count} bundled` : 'unchanged',
    changed: count > 0,
  }));
  if (target.access) await askBefore(target, asked);
  claim(context, target.describe(context, asked.settings));
  const { kubeconfig } = stateFolder(context);
  const settings = target.access ? await target.access(context, asked.settings, kubeconfig) : asked.settings;
  const request = { ...asked, settings };
  const images = await buildImages(target, request, log);
  // Client, charts and conversations load while the cluster starts.
  const [{ bringObjects }] = await Promise.all([import('./bring-objects.ts'), log.run(await target.steps(request))]);
  return bringObjects(target, request, images, log);
}

/** Names of the images by those of the charts; undefined for a target that runs bundles. */
async function buildImages({ images }: Target, request: TargetRequest, log: StepLog) {
  if (!images) return undefined;
  const { names } = await log.step(
    'images',
    (say) => images.build(request, say),
    (brought) => ({
      result: `${Object.keys(brought.names).length}, ${brought.built > 0 ? `${brought.built} built` : 'all there'}`,
      changed: brought.built > 0,
    }),
  );
  return names;
}

/** The ledger, with what is begun noted in `begun` too. */
function noting(ledger: ClusterLedger, begun: Set<Thing>): ClusterLedger {
  return {
    ...ledger,
    begin(thing) {
      begun.add(thing);
      ledger.begin(thing);
    },
  };
}

/** One bundle per release; what is built already costs nothing. */
async function buildReleases(): Promise<number> {
  const { bundle } = await import('../../services/bundle.ts');
  const bundled = await bundle().catch((cause) => {
    throw new Failure('BundleFailed', 'the releases cannot be bundled', { cause, hint: 'Type: make typecheck' });
  });
  return bundled.filter(({ built }) => built).length;
}
