import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Pod } from 'kubernetes-types/core/v1.js';
import { request } from 'undici';
import { runningDaemon } from '../../local/daemon/record.ts';
import { openAdmin } from '../../local/sidecar/admin.ts';
import { files } from '../../local/sidecar/resource.ts';
import type { Cluster, ClusterObject } from '../cluster.ts';
import type { CommandContext } from '../command.ts';
import { Failure } from '../failure.ts';
import { type OpenPortForward, openPortForward } from '../port-forward.ts';
import { namespace } from '../routes.ts';
import { stateFolder } from '../state-folder.ts';

/** The interface by which one proxy tells about itself. */
export interface SidecarAdmin {
  /** Body of the answer to GET. Throws when nothing answers, or not 200. */
  get(path: string): Promise<string>;
}

/** Admin interfaces of the proxies of a cluster, each opened once. */
export interface Sidecars {
  /** Undefined: the Pod has no proxy. Fails when it cannot be reached. */
  admin(pod: ClusterObject<Pod>): Promise<SidecarAdmin | undefined>;
  close(): Promise<void>;
}

/** How the proxies of a mesh are found in a Pod: the container and the port of its loopback. */
export interface ProxyPlace {
  readonly container: string;
  readonly port: number;
}

/** Istio: Envoy's admin interface (https://istio.io/latest/docs/ops/deployment/application-requirements/#ports-used-by-istio). Linkerd: the proxy's metrics. */
export const proxyPlaces = {
  istio: { container: 'istio-proxy', port: 15_000 },
  linkerd: { container: 'linkerd-proxy', port: 4191 },
} as const satisfies Record<string, ProxyPlace>;

const answerWithinMs = 10_000;

/** The sidecars of the embedded cluster by their Unix sockets if its daemon serves this state folder, else those of `place` by port-forwards. */
export function openSidecars(
  context: Pick<CommandContext, 'env' | 'repo'>,
  cluster: Pick<Cluster, 'kubeConfig'>,
  place: ProxyPlace,
): Sidecars {
  const { path } = stateFolder(context);
  return runningDaemon(path) ? embeddedSidecars(path) : forwardedSidecars(cluster, place);
}

function embeddedSidecars(home: string): Sidecars {
  const open: { close(): void }[] = [];
  return {
    admin: async ({ metadata }) => {
      const podDir = join(home, 'pods', metadata?.uid ?? '');
      if (!existsSync(join(podDir, files.bootstrap))) return undefined;
      const admin = openAdmin(podDir);
      open.push(admin);
      return admin;
    },
    close: async () => {
      for (const each of open) each.close();
    },
  };
}

function forwardedSidecars({ kubeConfig }: Pick<Cluster, 'kubeConfig'>, { container, port }: ProxyPlace): Sidecars {
  const open = new Map<string, Promise<OpenPortForward>>();
  const forwardTo = (pod: string): Promise<OpenPortForward> => {
    const opening = open.get(pod) ?? openPortForward(kubeConfig, { namespace, pod, port });
    open.set(pod, opening);
    // Whoever waits for it is told; the next who asks tries anew.
    opening.catch(() => open.get(pod) === opening && open.delete(pod));
    return opening;
  };
  return {
    admin: async (pod) => {
      const { name = '' } = pod.metadata ?? {};
      const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
      if (!containers.some((each) => each.name === container)) return undefined;
      return forwardedAdmin(name, (await forwardTo(name)).port);
    },
    close: async () => {
      for (const forward of await Promise.allSettled(open.values())) {
        if (forward.status === 'fulfilled') await forward.value.close();
      }
    },
  };
}

function forwardedAdmin(pod: string, port: number): SidecarAdmin {
  return {
    get: async (path) => {
      const answer = await request(`http://127.0.0.1:${port}${path}`, {
        reset: true,
        headersTimeout: answerWithinMs,
        bodyTimeout: answerWithinMs,
      });
      const text = await answer.body.text();
      if (answer.statusCode === 200) return text;
      throw new Failure('Refused', `GET ${path} of the proxy of Pod ${pod}: status ${answer.statusCode}`, {
        hint: `Type: kubectl -n ${namespace} logs ${pod} --all-containers`,
      });
    },
  };
}
