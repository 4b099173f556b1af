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

/** The API server has the request and does not do it: rights that are missing, or a rule of the cluster that is against it. */
export class WriteRefused extends Error {
  readonly code = 'WriteRefused';
  readonly hint: string;

  constructor(what: string, namespace: string, cause: RestError) {
    super(`${what} cannot be written: ${cause.message}`, { cause });
    this.name = 'WriteRefused';
    this.hint = `Type: kubectl get rolebindings -n ${namespace} -o wide   (has the controller's ServiceAccount the rights that it needs?)`;
  }
}

const refusals: readonly number[] = [400, 403, 422];

/**
 * All that the controller writes but Events and its Lease. Each write is made only while it leads, and holds only for the version of the
 * object that was looked at. Throws LeadLost, Outdated, WriteRefused, RestError.
 */
export interface Writes {
  /** Undefined: the object is gone. */
  status(rollout: RolloutResource, status: RolloutStatus): Promise<RolloutResource | undefined>;
  finalizer(rollout: RolloutResource, present: boolean): Promise<RolloutResource | undefined>;
  route(route: Route, patch: NonNullable<ReturnType<typeof routePatch>>): Promise<void>;
  scale(namespace: string, scaling: Scaling): Promise<void>;
}

interface Write {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly namespace?: string; readonly name: string };
  readonly sub: '' | '/status' | '/scale';
  readonly patch: object;
}

/** @param leads whether the Lease is held, asked before each write. */
export function createWrites(
  rest: KubeRest,
  world: Pick<World, 'putRollout' | 'putRoute'>,
  leads: () => boolean,
): Writes {
  const write = async <T>({ apiVersion, kind, metadata, sub, patch }: Write, put: (object: T) => void) => {
    const { namespace = '', name } = metadata;
    const path = `${await rest.pathOf(apiVersion, kind, namespace)}/${name}`;
    if (!leads()) throw new LeadLost();
    try {
      const written = (await rest.send('PATCH', `${path}${sub}`, patch)) as T;
      put(written);
      return written;
    } catch (error) {
      if (!(error instanceof RestError)) throw error;
      if (error.status === 404) return undefined;
      if (refusals.includes(error.status)) throw new WriteRefused(`${kind} ${name}`, namespace, error);
      if (error.status !== 409) throw error;
      put((await rest.send('GET', path)) as T);
      throw new Outdated(error.message);
    }
  };
  const ofRollout = ({ metadata }: RolloutResource, sub: Write['sub'], patch: object) =>
    write<RolloutResource>({ ...rolloutKind, metadata, sub, patch }, world.putRollout);
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
      const { apiVersion, kind, metadata } = route;
      await write<Route>({ apiVersion, kind, metadata, sub: '', patch }, (written) =>
        world.putRoute({ ...written, apiVersion, kind }),
      );
    },
    async scale(namespace, { deployment, replicas }) {
      const metadata = { ...deployment.metadata, namespace };
      const patch = { spec: { replicas } };
      await write({ apiVersion: 'apps/v1', kind: 'Deployment', metadata, sub: '/scale', patch }, () => undefined);
    },
  };
}
