import { join } from 'node:path';
import { readCatalogue, releasesOf } from '../../charts/catalogue.ts';
import type { CommandContext } from '../command.ts';
import { Failure } from '../failure.ts';
import { didYouMean } from '../suggest.ts';
import { requireService } from '../up/change-plan.ts';

/** Fails unless the service is in the catalogue and has the release; names those that there are. */
export function requireRelease(context: Pick<CommandContext, 'repo'>, service: string, release: string): void {
  requireService(context, service);
  const found = readCatalogue(join(context.repo, 'services')).find(({ name }) => name === service);
  const known = found ? releasesOf(found) : [];
  if (known.includes(release)) return;
  throw new Failure('UnknownRelease', `${service} has no release ${release}.${didYouMean(release, known)}`, {
    hint: `Known: ${known.join(', ')}.`,
  });
}
