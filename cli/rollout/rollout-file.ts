import { type RolloutSpec, rolloutKind } from '../../rollout/resource/rollout.ts';
import { parseManifest } from '../apply/manifest.ts';
import type { CommandContext } from '../command.ts';
import { Failure } from '../failure.ts';
import { readInput } from '../input.ts';
import { namespace } from '../routes.ts';

/** What is asked for by the one Rollout of a file; `-` is stdin. Whether its spec is valid is the resource's to say. */
export async function readRolloutFile(context: Pick<CommandContext, 'stdin'>, file: string): Promise<RolloutSpec> {
  const source = file === '-' ? 'stdin' : file;
  return rolloutIn(await readInput(context, '-f', file), source);
}

/** The pure part of {@link readRolloutFile}. */
export function rolloutIn(text: string, source: string): RolloutSpec {
  const [object, ...more] = parseManifest(text, source);
  const problems = [
    ...(more.length > 0 ? [`it has ${more.length + 1} objects instead of one Rollout`] : []),
    ...(object?.kind === rolloutKind.kind && object.apiVersion === rolloutKind.apiVersion
      ? []
      : [`kind is ${object?.apiVersion} ${object?.kind} instead of ${rolloutKind.apiVersion} ${rolloutKind.kind}`]),
    ...(object && (object.metadata.namespace ?? namespace) !== namespace
      ? [`metadata.namespace is ${object.metadata.namespace} instead of ${namespace}`]
      : []),
  ];
  const spec = object?.spec;
  if (problems.length === 0 && isSpecOf(spec, object?.metadata.name)) return spec;
  if (problems.length === 0) problems.push(`spec.service and spec.candidate must be there, and name the service`);
  throw new Failure('BadManifest', `${source} is no rollout: ${problems.join('; ')}`, {
    hint: 'Type: kubectl explain rollouts.spec --api-version=parley.dev/v1alpha1',
    exit: 'usage',
  });
}

function isSpecOf(spec: unknown, name: string | undefined): spec is RolloutSpec {
  if (typeof spec !== 'object' || spec === null || !('service' in spec) || !('candidate' in spec)) return false;
  return spec.service === name && typeof spec.candidate === 'string';
}
