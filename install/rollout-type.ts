import { createHash } from 'node:crypto';
import { rolloutDefinition } from '../rollout/resource/definition.ts';
import { InstallError } from './install-error.ts';
import type { Ledger } from './ledger.ts';
import { isServed, type ResourceType, resourceTypeRef } from './resource-type.ts';
import { type ClusterObjects, type ObjectRef, type Site, until } from './site.ts';
import type { Step } from './step.ts';

const establishedMs = 60_000;
/** Tells one state of the definition from another: the API server fills in fields of its own. */
const digestAnnotation = 'parley.dev/definition-digest';

/** The resource type Rollout (parley.dev), which is there before any object of it. */
export function rolloutTypeStep(site: Site, ledger: Ledger): Step {
  const definition = withDigest();
  const { name } = definition.metadata;
  return {
    title: 'Rollout type',
    async look() {
      const found = await read(await site.openObjects());
      if (found && digestOf(found) === digestOf(definition) && isServed(found)) return name;
      if (found && ledger.state('rollout-type') === undefined) throw typeOfOthers(name);
      return undefined;
    },
    async run() {
      const objects = await site.openObjects();
      ledger.begin('rollout-type');
      await objects.serverApply(definition);
      await untilServed(site, objects);
      ledger.finish('rollout-type');
      return `${name}, installed`;
    },
  };
}

/** Takes the type away, and with it every object of it. */
export async function removeRolloutType(site: Site): Promise<void> {
  const objects = await site.openObjects();
  await objects.remove(resourceTypeRef(rolloutDefinition().metadata.name));
}

function withDigest(): ObjectRef {
  const definition = rolloutDefinition();
  const digest = createHash('sha256').update(JSON.stringify(definition)).digest('hex').slice(0, 16);
  return { ...definition, metadata: { ...definition.metadata, annotations: { [digestAnnotation]: digest } } };
}

function digestOf({ metadata }: ObjectRef): string | undefined {
  return metadata.annotations?.[digestAnnotation];
}

function read(objects: ClusterObjects): Promise<ResourceType | undefined> {
  return objects.read<ResourceType>(resourceTypeRef(rolloutDefinition().metadata.name));
}

function untilServed(site: Site, objects: ClusterObjects): Promise<void> {
  const look = async () => (isServed(await read(objects)) ? undefined : 'the API server does not serve it yet');
  return until(
    site,
    establishedMs,
    look,
    (missing) =>
      new InstallError('NotEstablished', `the resource type Rollout is not served: ${missing}`, {
        hint: `Type: kubectl describe crd ${rolloutDefinition().metadata.name}`,
      }),
  );
}

function typeOfOthers(name: string): InstallError {
  return new InstallError('TypeOfOthers', `the cluster has another ${name}, which this state folder did not install`, {
    hint: 'Type: parley up --rollouts off   (or, to lose every Rollout in it: kubectl delete crd rollouts.parley.dev)',
  });
}
