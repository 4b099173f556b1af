import { type RolloutResource, type RolloutSpec, rolloutKind } from '../../rollout/resource/rollout.ts';
import type { Cluster, ClusterObject, ObjectName } from '../cluster.ts';
import { Failure } from '../failure.ts';
import { namespace } from '../routes.ts';
import { didYouMean } from '../suggest.ts';

/** The Rollout of a service. */
export function rolloutName(service: string): ObjectName {
  return { ...rolloutKind, metadata: { name: service, namespace } };
}

/** Undefined: the service was never rolled out. */
export async function readRollout(
  cluster: Pick<Cluster, 'read'>,
  service: string,
): Promise<RolloutResource | undefined> {
  const found = await cluster.read<Fields>(rolloutName(service));
  return found && resourceOf(found);
}

/** Every Rollout of the exchange, by name; none where the kind is not known. */
export async function listRollouts(cluster: Pick<Cluster, 'list'>): Promise<RolloutResource[]> {
  const found = await cluster.list<Fields>(rolloutKind.apiVersion, rolloutKind.kind, namespace);
  return found.map(resourceOf).sort((left, right) => (left.metadata.name < right.metadata.name ? -1 : 1));
}

/** The Rollout of a service. Fails with the names of those that there are. */
export async function requireRollout(
  cluster: Pick<Cluster, 'read' | 'list'>,
  service: string,
): Promise<RolloutResource> {
  const found = await readRollout(cluster, service);
  if (found) return found;
  const names = (await listRollouts(cluster)).map(({ metadata }) => metadata.name);
  const others = names.length > 0 ? ` There are: ${names.join(', ')}.` : '';
  throw new Failure('NoRollout', `${service} has no rollout.${didYouMean(service, names)}${others}`, {
    hint: `Type: parley rollout start ${service} <release>`,
  });
}

type Fields = Pick<RolloutResource, 'spec' | 'status'>;

/** The parts that are read. Over the wire times are text, whatever the client's types say. */
function resourceOf({ spec, status, metadata }: ClusterObject<Fields>): RolloutResource {
  const { name = '', uid, generation, resourceVersion, creationTimestamp } = metadata ?? {};
  return {
    ...rolloutKind,
    metadata: {
      name,
      namespace,
      ...(uid ? { uid } : {}),
      ...(generation ? { generation } : {}),
      ...(resourceVersion ? { resourceVersion } : {}),
      ...(creationTimestamp ? { creationTimestamp: String(creationTimestamp) } : {}),
    },
    spec,
    ...(status ? { status } : {}),
  };
}

/** The object that asks for a rollout. */
export function newRollout(spec: RolloutSpec): RolloutResource {
  return { ...rolloutKind, metadata: { name: spec.service, namespace }, spec };
}
