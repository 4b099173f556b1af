import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Catalogue, readCatalogue, releasesOf } from '../../charts/catalogue.ts';
import { compareReleases } from '../../mesh/release.ts';
import { type RolloutResource, type RolloutSpec, rolloutKind } from '../../rollout/resource/rollout.ts';
import { type Manifest, parseManifest } from '../apply/manifest.ts';
import { openCluster } from '../cluster.ts';
import type { CommandContext } from '../command.ts';
import { Failure, usageFailure } from '../failure.ts';
import { readInput } from '../input.ts';
import { listRollouts, newRollout } from '../rollout/rollouts.ts';
import { specOf } from '../rollout/spec-of.ts';
import { namespace } from '../routes.ts';
import { stateFolder } from '../state-folder.ts';
import { didYouMean } from '../suggest.ts';

/** A Rollout, and a sentence about where it comes from when it is not one that somebody wrote. */
export interface AskedRollout {
  readonly rollout: RolloutResource;
  readonly note?: string;
}

/** The Rollouts of a file; `-` is stdin. Throws a failure that lists everything in it that is none. */
export async function rolloutsOfFile(
  context: Pick<CommandContext, 'stdin'>,
  file: string,
): Promise<readonly AskedRollout[]> {
  const source = file === '-' ? 'stdin' : file;
  const objects = parseManifest(await readInput(context, '-f', file), source);
  const others = objects.filter((object) => rolloutOf(object) === undefined);
  if (others.length > 0) {
    const names = others.map(({ apiVersion, kind, metadata }) => `${apiVersion} ${kind} ${metadata.name}`).join(', ');
    throw new Failure('BadManifest', `${source} has objects that are no Rollout with a spec: ${names}`, {
      hint: `Leave them out; a Rollout is of ${rolloutKind.apiVersion}`,
      exit: 'usage',
    });
  }
  return objects.flatMap((object) => rolloutOf(object) ?? []).map((rollout) => ({ rollout }));
}

/** What its spec says is checked by parseRollout, which says everything that is wrong with it. */
function rolloutOf({ apiVersion, kind, metadata, spec }: Manifest): RolloutResource | undefined {
  if (apiVersion !== rolloutKind.apiVersion || kind !== rolloutKind.kind) return undefined;
  if (typeof spec !== 'object' || spec === null) return undefined;
  const { name, namespace: own = namespace } = metadata;
  return { ...rolloutKind, metadata: { name, namespace: own }, spec: spec as RolloutSpec };
}

/** Those that run; none of them is a failure that says how to name one. */
export async function rolloutsThatRun(context: CommandContext): Promise<readonly AskedRollout[]> {
  const found = await listRollouts(await openCluster(stateFolder(context).kubeconfig));
  if (found.length > 0) return found.map((rollout) => ({ rollout }));
  throw new Failure('NoRollout', 'there is no Rollout', {
    hint: 'Type: parley export flagger accounts@2.0.0   (what `parley rollout start accounts 2.0.0` would make)',
  });
}

/**
 * The Rollout of each word: of `accounts` the one that runs, else the default one to its newest release; of `accounts@2.0.0` the default
 * one to that release.
 */
export async function rolloutsOfServices(
  context: CommandContext,
  words: readonly string[],
): Promise<readonly AskedRollout[]> {
  const catalogue = readCatalogue(join(context.repo, 'services'));
  const { kubeconfig } = stateFolder(context);
  const wantsCluster = words.some((word) => !word.includes('@')) && existsSync(kubeconfig);
  const running = wantsCluster ? await listRollouts(await openCluster(kubeconfig)) : [];
  return words.map((word) => {
    const [service = '', release] = word.split('@');
    const found = release === undefined ? running.find(({ metadata }) => metadata.name === service) : undefined;
    return found ? { rollout: found } : byDefault(catalogue, service, release);
  });
}

function byDefault(catalogue: Catalogue, service: string, wanted: string | undefined): AskedRollout {
  const names = catalogue.map(({ name }) => name);
  const found = catalogue.find(({ name }) => name === service);
  if (!found)
    throw usageFailure(`${service}: no such service.${didYouMean(service, names)}`, `Known: ${names.join(', ')}.`);
  const releases = releasesOf(found);
  if (wanted !== undefined && !releases.includes(wanted)) {
    throw usageFailure(
      `${service} has no release ${wanted}.${didYouMean(wanted, releases)}`,
      `Known: ${releases.join(', ')}.`,
    );
  }
  const good = Object.entries(found.releases).flatMap(([release, { wrong }]) => (wrong === undefined ? [release] : []));
  const candidate = wanted ?? good.sort(compareReleases).at(-1) ?? found.default;
  const note = `${service} has no Rollout: this is what \`parley rollout start ${service} ${candidate}\` would make`;
  return { rollout: newRollout(specOf(service, candidate, {})), ...(wanted === undefined ? { note } : {}) };
}
