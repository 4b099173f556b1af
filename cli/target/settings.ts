import { type Capture, captures, defaultStorage, type Storage, storages } from '../../charts/context.ts';
import { type EnvironmentName, environmentNames } from '../../charts/environments.ts';
import { knownPlatforms, type Platform } from '../../install/images/build-command.ts';
import { defaultClusterName } from '../../install/kind-config.ts';
import { type MeshName, meshNames } from '../../mesh/intent.ts';
import { type ObservabilityPart, observabilityParts } from '../../observability/names.ts';
import { type MeshMetrics, meshMetricsNames } from '../../observability/rules/rules.ts';
import type { CommandContext, CommandOption, Invocation } from '../command.ts';
import { parseDuration } from '../duration.ts';
import { usageFailure } from '../failure.ts';
import { oneOf } from '../suggest.ts';
import type { Choice } from './choose.ts';
import { type TargetName, targetNames } from './target.ts';

/** Everything that `up` was asked for, by flags or by variables of the environment. */
export interface Settings {
  readonly mesh: MeshName;
  readonly env: EnvironmentName;
  /** How traffic gets into sidecars; absent: nobody asked, so the default, or what an installed mesh does. */
  readonly capture?: Capture;
  /** Where the database keeps its data. */
  readonly storage: Storage;
  readonly meshMetrics: MeshMetrics;
  /** Whether the controller of rollouts runs. */
  readonly rollouts: boolean;
  /** What of the observability runs in the cluster. */
  readonly parts: readonly ObservabilityPart[];
  /** Name of the kind cluster. */
  readonly cluster: string;
  /** A context of the user's own kubeconfig. */
  readonly contextName?: string;
  /** Prefix of images that are pushed, for clusters that pull. */
  readonly registry?: string;
  /** What pushed images are built for; absent: the engine's own platform. */
  readonly platforms?: readonly Platform[];
  /** Change a cluster that exists without asking. */
  readonly yes: boolean;
  readonly timeoutMs: number;
}

/** Options that say what is wanted, for every command that renders what `up` would. */
export const settingOptions: readonly CommandOption[] = [
  { flags: '--target <target>', description: `${targetNames.join(', ')} (else TARGET, else what the machine has)` },
  { flags: '--context <name>', description: 'a context of your kubeconfig: a cluster that exists' },
  { flags: '--mesh <mesh>', description: `${meshNames.join(' or ')} (else MESH, else istio)` },
  { flags: '--env <env>', description: 'sizes and replicas (else dev)', choices: environmentNames },
  { flags: '--cluster <name>', description: 'name of the kind cluster (else PARLEY_CLUSTER, else parley)' },
  {
    flags: '--capture <how>',
    description: `${captures.join(' or ')}: how traffic gets into sidecars (else PARLEY_CAPTURE)`,
  },
  {
    flags: '--storage <where>',
    description: `${storages.join(' or ')}: the database's data outlives its Pod, or not (else PARLEY_STORAGE)`,
  },
  {
    flags: '--mesh-metrics <source>',
    description: `${meshMetricsNames.join(' or ')}: series of the mesh (else PARLEY_MESH_METRICS)`,
  },
  {
    flags: '--observability <parts>',
    description: `out of ${observabilityParts.join(',')}, or none (else PARLEY_OBSERVABILITY; all on kind)`,
  },
  {
    flags: '--rollouts <on|off>',
    description: 'whether the controller of rollouts runs (else PARLEY_ROLLOUTS, else on)',
  },
  { flags: '--registry <prefix>', description: 'with --context: images are pushed there and pulled from there' },
  { flags: '--platforms <list>', description: `with --registry: ${knownPlatforms.join(',')} (else the engine’s own)` },
];

/** The part of the record that says what was chosen, so that the next call means the same when it says nothing else. */
export function chosen({ mesh, env, storage, meshMetrics, rollouts, parts }: Settings) {
  return { mesh, env, storage, meshMetrics, rollouts, observability: parts };
}

/** Reads flags, else variables, else what the state folder has, else defaults. Throws a usage failure that names what is not known. */
export function readSettings(
  env: CommandContext['env'],
  invocation: Invocation,
  { name: target, record }: Pick<Choice, 'name' | 'record'>,
): Settings {
  const wanted = (flag: string, variable: string) => invocation.text(flag) ?? (env[variable] || undefined);
  const capture = wanted('capture', 'PARLEY_CAPTURE') ?? record?.capture;
  const contextName = invocation.text('context') ?? (target === 'context' ? record?.name : undefined);
  const registry = invocation.text('registry') ?? record?.registry;
  const platforms = platformsOf(invocation.text('platforms'), registry, '--registry') ?? record?.platforms;
  const ownCluster = target === 'kind' ? record?.name : undefined;
  return {
    mesh: oneOf(wanted('mesh', 'MESH') ?? record?.mesh ?? 'istio', meshNames, 'mesh'),
    env: oneOf(invocation.text('env') ?? record?.env ?? 'dev', environmentNames, 'environment'),
    ...(capture === undefined ? {} : { capture: oneOf(capture, captures, 'capture') }),
    storage: oneOf(wanted('storage', 'PARLEY_STORAGE') ?? record?.storage ?? defaultStorage, storages, 'storage'),
    meshMetrics: oneOf(
      wanted('mesh-metrics', 'PARLEY_MESH_METRICS') ?? record?.meshMetrics ?? 'standard',
      meshMetricsNames,
      'source of metrics',
    ),
    rollouts: switchedOn(wanted('rollouts', 'PARLEY_ROLLOUTS') ?? record?.rollouts ?? 'on', 'choice for rollouts'),
    parts: wantedParts(invocation.text('observability'), env.PARLEY_OBSERVABILITY || undefined, target, record),
    cluster: clusterName(wanted('cluster', 'PARLEY_CLUSTER') ?? ownCluster ?? defaultClusterName),
    ...(contextName === undefined ? {} : { contextName }),
    ...(registry === undefined ? {} : { registry }),
    ...(platforms === undefined ? {} : { platforms }),
    yes: invocation.flag('yes'),
    timeoutMs: parseDuration(invocation.text('timeout') ?? '5m', '--timeout'),
  };
}

/** Of a word of the user's, or of what the record says. */
function switchedOn(said: string | boolean, what: string): boolean {
  return typeof said === 'boolean' ? said : oneOf(said, ['on', 'off'], what) === 'on';
}

/** The embedded cluster runs none: there a flag that asks for some is refused, and the variable, which is for all targets, not read. */
function wantedParts(
  flag: string | undefined,
  variable: string | undefined,
  target: TargetName,
  record: Choice['record'],
): readonly ObservabilityPart[] {
  const asked = flag ?? variable;
  if (target !== 'embedded')
    return asked === undefined && record?.observability ? record.observability : partsOf(asked, target);
  if (flag === undefined || flag === 'none') return [];
  throw usageFailure(
    `--observability ${flag}: the embedded cluster runs no observability.`,
    `Type: parley up --target kind --observability ${flag}   (or leave the flag out)`,
  );
}

function partsOf(text: string | undefined, target: TargetName): readonly ObservabilityPart[] {
  if (text === undefined) return target === 'kind' ? observabilityParts : [];
  if (text === 'none') return [];
  return text.split(',').map((word) => oneOf(word.trim(), observabilityParts, 'part of the observability'));
}

/**
 * The platforms of a comma-separated list. Throws a usage failure for one that is not known, and without a registry, which the flag
 * `wayToPush` names: no engine holds several under one tag.
 */
export function platformsOf(
  list: string | undefined,
  registry: string | undefined,
  wayToPush: string,
): readonly Platform[] | undefined {
  const platforms = list?.split(',').map((word) => oneOf(word.trim(), knownPlatforms, 'platform of images'));
  if (registry !== undefined || platforms === undefined) return platforms;
  throw usageFailure(
    '--platforms: images for several platforms are pushed, no engine holds them under one tag',
    `Write for example --platforms ${list} ${wayToPush} registry.example/team`,
  );
}

/** https://kind.sigs.k8s.io/docs/user/configuration/#name-your-cluster */
function clusterName(name: string): string {
  if (/^[a-z0-9][a-z0-9.-]*$/.test(name)) return name;
  throw usageFailure(`${name}: no name of a kind cluster.`, 'Write for example --cluster parley-2');
}
