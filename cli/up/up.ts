import { Failure, interrupted } from '../failure.ts';
import type { RenderChoices } from '../rendering.ts';
import type { Target, TargetRequest } from '../target/target.ts';
import type { UpResult } from './bring-objects.ts';

/**
 * Check, bundle, daemon, secrets, objects, and then waits until every conversation has answered through the sidecars.
 * An interrupted call ends what it started, and leaves alone what ran before it.
 */
export async function bringUp(target: Target, request: TargetRequest, choices: RenderChoices): Promise<UpResult> {
  const { context, progress } = request;
  let started = false;
  try {
    await progress.step('machine', () => target.check(request));
    await progress.step('releases built', buildReleases, (count) => (count > 0 ? `${count} bundled` : 'unchanged'));
    const [place, { bringObjects }] = await Promise.all([
      progress.step(
        'cluster',
        () => target.start(request),
        ({ where }) => where,
      ),
      // Client, charts and conversations load while the cluster starts.
      import('./bring-objects.ts'),
    ]);
    started = place.started;
    return await bringObjects(request, choices);
  } catch (error) {
    if (!context.signal.aborted) throw error;
    if (started) await progress.step('interrupted: ending what this call started', () => target.stop(context));
    throw interrupted();
  }
}

/** One bundle per release; what is built already costs nothing. */
async function buildReleases(): Promise<number> {
  const { bundle } = await import('../../services/bundle.ts');
  const bundled = await bundle().catch((cause) => {
    throw new Failure('BundleFailed', 'the releases cannot be bundled', { cause, hint: 'Type: make typecheck' });
  });
  return bundled.filter(({ built }) => built).length;
}
