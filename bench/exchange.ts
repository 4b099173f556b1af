import { Failure, messageOf } from '../cli/failure.ts';
import { openSite, type Site } from '../tests/exchange.ts';
import { envoyProgram } from './proxies/rig.ts';
import type { RowContext } from './row.ts';

/** A place for an exchange of its own, so that one that runs already is left alone; stopped and removed when disposed of. */
export async function benchSite(context: RowContext, stack: AsyncDisposableStack): Promise<Site> {
  const site = await openSite({ PARLEY_ENVOY: await envoyProgram(context) });
  stack.defer(site.stop);
  return site;
}

export interface Start {
  readonly seconds: number;
  /** What `up` said of its steps: `objects: 62, 62 changed (0.5 s)`. */
  readonly steps: readonly string[];
}

/** `parley up` in a site, to the end: every conversation has then answered through the sidecars. */
export async function bringUp(site: Site, { clock }: RowContext): Promise<Start> {
  const startedAt = clock.now();
  try {
    const { stderr } = await site.parley('up', '--target', 'embedded');
    const seconds = (clock.now() - startedAt) / 1000;
    return { seconds, steps: [...stderr.matchAll(/^• (.*)$/gm)].map(([, step]) => step ?? '') };
  } catch (cause) {
    throw new Failure('UpFailed', `the exchange does not start: ${messageOf(cause).slice(-600)}`, {
      cause: lastLine(site),
    });
  }
}

function lastLine(site: Site): string {
  return site.daemonLog().trim().split('\n').at(-1) ?? '';
}
