import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, request } from 'node:http';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../local/clock.ts';
import { type Authority, openAuthority } from '../../local/pki/authority.ts';
import { type Compiled, type CompileOptions, compile } from '../../local/sidecar/compile.ts';
import { meshPod } from '../../local/sidecar/mesh-pod.ts';
import { openOutboundPorts } from '../../local/sidecar/outbound-ports.ts';
import * as sample from '../../local/sidecar/sample-mesh.ts';
import { type Sidecar, startSidecar } from '../../local/sidecar/sidecar.ts';
import { readWorld } from '../../local/sidecar/world.ts';
import type { KubeObject, Stored } from '../../local/store/types.ts';
import { envoyPath } from '../envoy.ts';

/** Real sidecars around programs of the test, configured from `objects`; `end` takes everything away again. */
export interface Mesh {
  readonly root: string;
  readonly authority: Authority;
  readonly sidecars: Map<string, Sidecar>;
  readonly events: string[];
  options: CompileOptions;
  /** Objects beside Namespace and Pods; change them, then `apply`. */
  objects: KubeObject[];
  dir(pod: string): string;
  compiled(pod: string): Compiled;
  /** Pushes the present objects to every sidecar; throws when one does not take them. */
  apply(): Promise<void>;
  start(pod: string): Promise<Sidecar>;
  http(pod: string, port: number, listener: RequestListener): Promise<void>;
  tcp(pod: string, port: number, listener: (socket: Socket) => void): Promise<void>;
  end(): Promise<void>;
}

export async function openMesh(
  pods: readonly sample.PodSketch[],
  objects: KubeObject[],
  more: Partial<CompileOptions> = {},
): Promise<Mesh> {
  const root = mkdtempSync(join(tmpdir(), 'mesh-'));
  const authority = await openAuthority({ dir: join(root, 'pki'), clock: systemClock, trustDomain: 'cluster.local' });
  const envoy = await envoyPath();
  const closers: (() => Promise<unknown>)[] = [];
  const dir = (pod: string) => join(root, pod);
  for (const { name } of pods) mkdirSync(join(dir(name), 'in'), { recursive: true });
  const podObjects = new Map(pods.map((sketch) => [sketch.name, sample.stored(sample.pod(sketch))]));
  const mesh: Mesh = {
    root,
    authority,
    sidecars: new Map(),
    events: [],
    objects,
    options: {
      identityBundlePem: authority.identityBundlePem,
      outboundPorts: openOutboundPorts(join(root, 'ports.json')),
      edgeAddress: () => undefined,
      ...more,
    },
    dir,
    compiled(name) {
      const sketch = pods.find((one) => one.name === name);
      const object = podObjects.get(name);
      if (!sketch || !object) throw new Error(`no Pod ${name}`);
      const world = readWorld(
        sample.reader([sample.namespace(), ...pods.map(sample.pod), ...mesh.objects]),
        'cluster.local',
      );
      return compile(meshPod(object as Stored, sketch.ip), world, mesh.options);
    },
    async apply() {
      await Promise.all(
        [...mesh.sidecars].map(async ([name, sidecar]) => {
          const result = await sidecar.push(mesh.compiled(name));
          if (result.outcome !== 'confirmed') throw new Error(`${name}: ${result.outcome}: ${result.message}`);
        }),
      );
    },
    async start(name) {
      const sketch = pods.find((one) => one.name === name);
      const sidecar = await startSidecar(
        {
          pod: meshPod(podObjects.get(name) as Stored, sketch?.ip ?? ''),
          podDir: dir(name),
          authority,
          envoy,
          clock: systemClock,
          onBack: () => undefined,
          onEvent: (reason, message) => mesh.events.push(`${reason}: ${message}`),
        },
        mesh.compiled(name),
      );
      mesh.sidecars.set(name, sidecar);
      return sidecar;
    },
    async http(name, port, listener) {
      const server = createServer({ keepAliveTimeout: 75_000 }, listener);
      const sketch = pods.find((one) => one.name === name);
      await new Promise<void>((resolve) => {
        if (sketch?.sockets) server.listen(join(dir(name), 'in', String(port)), resolve);
        else server.listen(port, sketch?.ip, resolve);
      });
      closers.push(async () => {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      });
    },
    async tcp(name, port, listener) {
      const open = new Set<Socket>();
      const server = createTcpServer((socket) => {
        open.add(socket.on('error', () => undefined).on('close', () => open.delete(socket)));
        listener(socket);
      });
      const sketch = pods.find((one) => one.name === name);
      await new Promise<void>((resolve) => void server.listen(port, sketch?.ip, resolve));
      closers.push(async () => {
        for (const socket of open) socket.destroy();
        await new Promise((resolve) => server.close(resolve));
      });
    },
    async end() {
      await Promise.all([...mesh.sidecars.values()].map((sidecar) => sidecar.stop()));
      for (const close of closers) await close();
      rmSync(root, { recursive: true });
    },
  };
  return mesh;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Record<string, string | string[] | undefined>;
}

/** One HTTP/1.1 request by a Unix socket or an address. */
export function call(
  at: { readonly socketPath: string } | { readonly host: string; readonly port: number },
  path = '/',
  headers: Record<string, string> = {},
  method = 'GET',
  signal?: AbortSignal,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const sent = request({ ...at, path, headers, method, agent: false, timeout: 10_000, signal }, (response) => {
    let body = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      body += chunk;
    });
    response.on('end', () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }));
    response.on('error', reject);
  });
  sent.on('timeout', () => sent.destroy(new Error(`${path}: no answer in 10 s`)));
  sent.on('error', reject);
  sent.end();
  return promise;
}

/** The socket by which a Pod calls a Service of the sample. */
export const out = (mesh: Mesh, pod: string, service: string, port: number) => ({
  socketPath: join(mesh.dir(pod), 'out', `${service}.exchange.svc.cluster.local:${port}`),
});

export const envoyLog = (mesh: Mesh, pod: string): string =>
  readFileSync(join(mesh.dir(pod), 'sidecar/envoy.log'), 'utf8');
