import { mergePatch } from '../../kube/merge-patch.ts';
import { type KubeRest, RestError } from '../../kube/rest.ts';
import { type RolloutResource, type RolloutStatus, rolloutKind } from '../resource/rollout.ts';
import type { Route } from './objects.ts';
import type { Scaling } from './observe.ts';
import type { routePatch } from './routes.ts';
import type { World } from './world.ts';

/** On a Rollout while an attempt runs: what it did to the traffic is taken back before the object goes. */
export const finalizer = 'parley.dev/rollout';

/** Somebody else leads now: what was about to be done is theirs to do. */
export class LeadLost extends Error {
  readonly code = 'LeadLost';
  readonly hint = 'Nothing to do: the controller that holds the Lease goes on.';

  constructor() {
    super('the Lease is not ours any more');
    this.name = 'LeadLost';
  }
}

/** The object is not as it was when the write was made up; the world shows by now how it is. */
export class Outdated extends Error {
  readonly code = 'Outdated';
  readonly hint = 'Nothing to do: it is looked at again.';
}

/**
 * All that the controller writes but Events and its Lease. Each write is made only while it leads, and holds only for the version of the
 * object that was looked at. Throws LeadLost, Outdated, RestError.
 */
export interface Writes {
  /** Undefined: the object is gone. */
  status(rollout: RolloutResource, status: RolloutStatus): Promise<RolloutResource | undefined>;
  finalizer(rollout: RolloutResource, present: boolean): Promise<RolloutResource | undefined>;
  route(route: Route, patch: NonNullable<ReturnType<typeof routePatch>>): Promise<void>;
  scale(namespace: string, scaling: Scaling): Promise<void>;
}

export function createWrites(
  rest: KubeRest,
  world: Pick<World, 'putRollout' | 'putRoute'>,
  leads: () => boolean,
): Writes {
  const write = async <T>(
    path: string,
    sub: string,
    patch: object,
    put: (object: T) => void,
  ): Promise<T | undefined> => {
    if (!leads()) throw new LeadLost();
    try {
      const written = (await rest.send('PATCH', `${path}${sub}`, patch)) as T;
      put(written);
      return written;
    } catch (error) {
      if (!(error instanceof RestError)) throw error;
      if (error.status === 404) return undefined;
      if (error.status !== 409) throw error;
      put((await rest.send('GET', path)) as T);
      throw new Outdated(error.message);
    }
  };
  const pathOf = async (apiVersion: string, kind: string, { namespace, name }: { namespace?: string; name: string }) =>
    `${await rest.pathOf(apiVersion, kind, namespace)}/${name}`;
  const ofRollout = async ({ metadata }: RolloutResource, sub: string, patch: object) => {
    const path = await pathOf(rolloutKind.apiVersion, rolloutKind.kind, metadata);
    return write<RolloutResource>(path, sub, patch, world.putRollout);
  };
  return {
    status: (rollout, status) =>
      ofRollout(rollout, '/status', {
        metadata: { resourceVersion: rollout.metadata.resourceVersion },
        status: mergePatch({ ...rollout.status }, { ...status }),
      }),
    finalizer: (rollout, present) => {
      const { resourceVersion, finalizers = [] } = rollout.metadata;
      const others = finalizers.filter((name) => name !== finalizer);
      const metadata = { resourceVersion, finalizers: present ? [...others, finalizer] : others };
      return ofRollout(rollout, '', { metadata });
    },
    async route(route, patch) {
      await write<Route>(await pathOf(route.apiVersion, route.kind, route.metadata), '', patch, (written) =>
        world.putRoute({ ...written, apiVersion: route.apiVersion, kind: route.kind }),
      );
    },
    async scale(namespace, { deployment, replicas }) {
      const { name } = deployment.metadata;
      const path = await pathOf('apps/v1', 'Deployment', { namespace, name });
      await write(path, '/scale', { spec: { replicas } }, () => undefined);
    },
  };
}
