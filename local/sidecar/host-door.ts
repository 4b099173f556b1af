import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Authority } from '../pki/authority.ts';
import type { Compiled } from './compile.ts';
import { hostSocket } from './edge.ts';
import { tcpProxy } from './inbound.ts';
import type { MeshPod } from './mesh-pod.ts';
import { files, type Resource, routeTable, typed } from './resource.ts';
import { type Sidecar, startSidecar } from './sidecar.ts';

/** Host address -> addresses of the gateways that serve it now: `127.0.0.1:7080` -> `127.70.1.4:8080`. */
export type Ways = ReadonlyMap<string, readonly string[]>;

/**
 * The host's ports, held by one Envoy that outlives every gateway Pod and passes connections on to those that serve: what kube-proxy is to a
 * NodePort. Gateways that shared the port themselves (SO_REUSEPORT) would reset what waits in the accept queue of the one that closes.
 */
export interface HostDoor {
  /** It holds this address, or did when the daemon before this one ended. */
  holds(address: string): boolean;
  /** Resolves when new connections go these ways; with why they do not, otherwise. */
  lead(ways: Ways): Promise<string | undefined>;
  /** Closes every port. */
  end(): Promise<void>;
  /** Leaves it running for the next daemon. */
  release(): void;
}

const folder = 'host-ports';

/** The uid by which its processes are marked; undefined when there has been none in this state folder. */
export function hostDoorUid(stateDir: string): string | undefined {
  const file = join(stateDir, folder, 'uid');
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

export function openHostDoor(options: {
  readonly stateDir: string;
  readonly authority: Authority;
  readonly envoy: string;
  readonly clock: Clock;
  readonly onEvent: (reason: string, message: string) => void;
  /** The Envoy ended and is back. */
  readonly onBack: () => void;
}): HostDoor {
  const podDir = join(options.stateDir, folder);
  let envoy: Sidecar | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = turn.then(work, work);
    turn = next.catch(() => undefined);
    return next;
  };
  return {
    holds(address) {
      if (envoy === undefined) return existsSync(join(podDir, files.record));
      return envoy.confirmed.listeners.some(({ name }) => name === address);
    },
    lead: (ways) =>
      inTurn(async () => {
        const compiled = doorConfig(ways);
        if (envoy === undefined) {
          if (compiled.listeners.length === 0) return undefined;
          envoy = await startSidecar({ ...options, pod: doorPod(options.stateDir), podDir }, compiled);
          return undefined;
        }
        const result = await envoy.push(compiled);
        return result.outcome === 'confirmed' ? undefined : `host ports ${result.outcome}: ${result.message}`;
      }),
    end: () =>
      inTurn(async () => {
        const running = envoy;
        envoy = undefined;
        await running?.stop();
      }),
    release: () => envoy?.release(),
  };
}

function doorPod(stateDir: string): MeshPod {
  mkdirSync(join(stateDir, folder), { recursive: true, mode: 0o700 });
  const uid = hostDoorUid(stateDir) ?? randomUUID();
  writeFileSync(join(stateDir, folder, 'uid'), uid);
  const account = { name: folder, namespace: 'kube-system', serviceAccount: folder };
  return { ...account, uid, ip: '127.0.0.1', labels: {}, annotations: {}, ports: [], sockets: true };
}

/** One TCP listener for each address that somebody serves. Pure. */
export function doorConfig(ways: Ways): Compiled {
  const open = [...ways].filter(([, gateways]) => gateways.length > 0).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    listeners: open.map(([address]) => doorListener(address)),
    clusters: open.map(([address, gateways]) => doorCluster(address, gateways)),
    routes: typed('envoy.config.route.v3.RouteConfiguration', { name: routeTable, virtual_hosts: [] }),
    secrets: [],
    endpointUids: new Set(),
  };
}

const clusterOf = (address: string) => `gateway_${address.split(':').at(-1)}`;

function doorListener(address: string): Resource {
  return typed('envoy.config.listener.v3.Listener', {
    name: address,
    traffic_direction: 'INBOUND',
    enable_reuse_port: false,
    address: hostSocket(address),
    filter_chains: [{ filters: [tcpProxy('host', clusterOf(address), { max_connect_attempts: 3 })] }],
  });
}

function doorCluster(address: string, gateways: readonly string[]): Resource {
  const name = clusterOf(address);
  const limits = { max_connections: 100_000, max_pending_requests: 100_000, max_requests: 100_000 };
  return typed('envoy.config.cluster.v3.Cluster', {
    name,
    type: 'STATIC',
    connect_timeout: '1s',
    circuit_breakers: { thresholds: [limits] },
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: gateways.map((gateway) => ({ endpoint: { address: hostSocket(gateway) } })) }],
    },
  });
}
