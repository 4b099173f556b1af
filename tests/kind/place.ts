import { join } from 'node:path';
import { type Commands, inherited, openCommands } from '../commands.ts';

/** Where the one cluster of a run is: the global setup makes it, and the files find it again by this. */
export interface KindPlace {
  /** Folder of all that the run makes; goes at the end. */
  readonly root: string;
  readonly cluster: string;
  readonly httpPort: number;
  readonly httpsPort: number;
}

declare module 'vitest' {
  export interface ProvidedContext {
    kindPlace: KindPlace;
  }
}

const upMs = 1_200_000;

/** State folder of the cluster. */
export const homeOf = ({ root }: KindPlace): string => join(root, 'state');

/** Commands at the cluster; what the user's environment says about images, capture and the like stays. */
export function commandsAt(place: KindPlace): Promise<Commands> {
  const { root, cluster, httpPort, httpsPort } = place;
  const home = homeOf(place);
  return openCommands({
    timeoutMs: upMs,
    env: {
      ...inherited(/^(VITEST|NODE_|npm_|KUBE|OTEL_|PARLEY_TEST_|TARGET$|MESH$)/),
      NO_COLOR: '1',
      PARLEY_HOME: home,
      PARLEY_CLUSTER: cluster,
      PARLEY_HTTP_PORT: String(httpPort),
      PARLEY_HTTPS_PORT: String(httpsPort),
      KUBECONFIG: join(home, 'kubeconfig'),
      KUBECACHEDIR: join(root, 'kubectl'),
    },
  });
}

/** The arguments of `parley` that bring the cluster up under a mesh. */
export const upArguments = (mesh: string): readonly string[] => ['up', '--target', 'kind', '--mesh', mesh];
