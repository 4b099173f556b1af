import type { AnyRoute } from './objects.ts';
import type { World } from './world.ts';

/**
 * Routes that a sidecar has refused, so that one bad route does not keep endpoints, policies and all other routes from
 * being in force. In place of a refused route its last good form is used, or none; a new generation of it is tried again.
 */
export interface Quarantine {
  /** The world without what is refused. */
  apply(world: World): World;
  /** Refuses every route that is newer than the last good ones; false when there is none, so the fault is elsewhere. */
  refuse(world: World, message: string): boolean;
  /** The routes of `world` were taken by all sidecars. */
  taken(world: World): void;
  /** Why this generation of the route is not in force; undefined when it is. */
  reason(route: AnyRoute): string | undefined;
}

export function createQuarantine(): Quarantine {
  const good = new Map<string, AnyRoute>();
  const refused = new Map<string, { readonly generation: number; readonly message: string }>();
  const routesOf = (world: World) => [...world.requestRoutes, ...world.tcpRoutes];
  const reason = ({ metadata }: AnyRoute) => {
    const found = refused.get(metadata.uid);
    return found?.generation === metadata.generation ? found.message : undefined;
  };
  const replace = (routes: readonly AnyRoute[]) =>
    routes.flatMap((route) => (reason(route) === undefined ? [route] : (good.get(route.metadata.uid) ?? [])));
  return {
    reason,
    apply: (world) => ({ ...world, requestRoutes: replace(world.requestRoutes), tcpRoutes: replace(world.tcpRoutes) }),
    refuse(world, message) {
      const suspects = routesOf(world).filter(
        (route) =>
          reason(route) === undefined &&
          good.get(route.metadata.uid)?.metadata.generation !== route.metadata.generation,
      );
      for (const { metadata } of suspects) refused.set(metadata.uid, { generation: metadata.generation, message });
      return suspects.length > 0;
    },
    taken(world) {
      const present = routesOf(world);
      const uids = new Set(present.map(({ metadata }) => metadata.uid));
      for (const uid of [...good.keys()]) if (!uids.has(uid)) good.delete(uid);
      for (const uid of [...refused.keys()]) if (!uids.has(uid)) refused.delete(uid);
      for (const route of present) if (reason(route) === undefined) good.set(route.metadata.uid, route);
    },
  };
}
