import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pod } from 'kubernetes-types/core/v1.js';
import { systemClock } from '../../local/clock.ts';
import { freePorts } from '../../local/daemon/free-ports.ts';
import { createEvents, type EventRecorder } from '../../local/objects/events.ts';
import { type Authority, openAuthority } from '../../local/pki/authority.ts';
import type { AnyRoute } from '../../local/sidecar/objects.ts';
import * as sample from '../../local/sidecar/sample-mesh.ts';
import { createSidecars, type RunningSidecars } from '../../local/sidecar/sidecars.ts';
import { createKinds } from '../../local/store/kinds.ts';
import { openStore } from '../../local/store/object-store.ts';
import type { KubeObject, ObjectStore, Stored } from '../../local/store/types.ts';
import { envoyPath } from '../envoy.ts';

/** The sidecars of a cluster on a store in memory, around programs of the test. */
export interface Fleet {
  readonly store: ObjectStore;
  readonly authority: Authority;
  readonly events: EventRecorder;
  readonly hostPorts: Readonly<Record<number, string>>;
  readonly sidecars: RunningSidecars;
  dir(pod: string): string;
  /** Makes the Pod object, its program and its sidecar. */
  run(sketch: sample.PodSketch, listener?: RequestListener): Promise<Stored<Pod>>;
  /** Ends the sidecar of a Pod. */
  stop(pod: Stored<Pod>): Promise<void>;
  /** Lets go of the sidecars and opens them again, as the next daemon does. */
  reopen(): Promise<void>;
  /** Ready endpoints with the uids that the store gave. */
  endpoints(service: string, pods: readonly (readonly [sample.PodSketch, Stored<Pod>])[]): void;
  /** A condition of a route, for its first parent. */
  conditionOf(kind: string, name: string, type: string): { status: string; observedGeneration?: number } | undefined;
  end(): Promise<void>;
}

export async function openFleet(): Promise<Fleet> {
  const root = mkdtempSync(join(tmpdir(), 'fleet-'));
  const store = openStore({ file: ':memory:', clock: systemClock, kinds: createKinds() });
  const authority = await openAuthority({ dir: join(root, 'pki'), clock: systemClock, trustDomain: 'cluster.local' });
  const events = createEvents({ store, clock: systemClock, component: 'sidecar', onLost: () => undefined });
  const [http, https] = await freePorts(2);
  const hostPorts = { 8080: `127.0.0.1:${http}`, 8443: `127.0.0.1:${https}` };
  store.create(sample.namespace());
  const envoy = await envoyPath();
  const open = () => createSidecars({ store, authority, envoy, stateDir: root, clock: systemClock, events, hostPorts });
  let sidecars = open();
  const started = new Set<string>();
  const servers: Server[] = [];
  const dir = (name: string) => join(root, name);
  return {
    store,
    authority,
    events,
    hostPorts,
    get sidecars() {
      return sidecars;
    },
    dir,
    async run(sketch, listener) {
      const { status, ...object } = sample.pod(sketch);
      const created = store.create<Pod>(object as KubeObject);
      const pod = store.updateStatus<Pod>({ ...created, status: status as Pod['status'] });
      mkdirSync(join(dir(sketch.name), 'in'), { recursive: true });
      if (listener) {
        const server = createServer({ keepAliveTimeout: 75_000 }, listener);
        servers.push(server);
        await new Promise<void>(
          (resolve) => void server.listen(join(dir(sketch.name), 'in', String(sketch.port)), resolve),
        );
      }
      await sidecars.start(pod, { uid: pod.metadata.uid, ip: sketch.ip, dir: dir(sketch.name) });
      started.add(pod.metadata.uid);
      return pod;
    },
    async stop({ metadata }) {
      await sidecars.stop(metadata.uid);
      started.delete(metadata.uid);
    },
    async reopen() {
      await sidecars.close();
      sidecars = open();
    },
    endpoints(service, pods) {
      const object = sample.slice(
        service,
        8080,
        pods.map(([sketch]) => sketch),
      );
      const list = object.endpoints as { targetRef: { uid: string } }[];
      for (const [index, [, pod]] of pods.entries()) {
        const one = list[index];
        if (one) one.targetRef.uid = pod.metadata.uid;
      }
      const present = store.get('EndpointSlice.discovery.k8s.io', object.metadata.name ?? '', 'exchange');
      if (present) store.update({ ...present, ...object, metadata: present.metadata } as KubeObject);
      else store.create(object);
    },
    conditionOf(kind, name, type) {
      const route = store.get<AnyRoute>(`${kind}.gateway.networking.k8s.io`, name, 'exchange') as AnyRoute | undefined;
      return route?.status?.parents?.[0]?.conditions.find((one) => one.type === type);
    },
    async end() {
      for (const uid of started) await sidecars.stop(uid);
      await sidecars.close();
      for (const server of servers.splice(0)) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
      events.flush();
      store.close();
      rmSync(root, { recursive: true });
    },
  };
}
