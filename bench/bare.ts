import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import type { Pod, Service } from 'kubernetes-types/core/v1.js';
import { Client, request } from 'undici';
import { openCluster } from '../cli/cluster.ts';
import { readSecret } from '../cli/secrets.ts';
import { declaredEnvironment } from '../local/runtime/environment.ts';
import { createImages } from '../local/runtime/images.ts';
import { serviceHost } from '../local/sidecar/services.ts';
import type { ObjectStore, Stored } from '../local/store/types.ts';
import { type Program, startProgram, until } from './programs.ts';
import { exchangeStore } from './proxies/exchange-world.ts';
import type { RowContext } from './row.ts';

/** The exchange's processes without a cluster: what is started, and where. */
export interface BareExchange {
  /** Starts all at once; resolves when every one answers. */
  start(stack: AsyncDisposableStack): Promise<{ readonly pids: readonly number[]; readonly seconds: number }>;
}

const repo = path.join(import.meta.dirname, '..');
const namespace = 'exchange';
const gatewayLabel = 'gateway.networking.k8s.io/gateway-name';
const answerWithinMs = 60_000;

/** The same images and environment as the Pods have, with the Secrets of a running exchange; each finds its providers' sockets directly. */
export async function bareExchange(dir: string, kubeconfig: string, context: RowContext): Promise<BareExchange> {
  const store = exchangeStore(1);
  const cluster = await openCluster(kubeconfig);
  for (const name of ['postgres', 'identity'] as const) {
    const data = Object.entries((await readSecret(cluster, name)) ?? {});
    const encoded = Object.fromEntries(data.map(([key, text]) => [key, Buffer.from(text).toString('base64')]));
    store.create({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, data: encoded });
  }
  const pods = store.list<Pod>('Pod').items.filter(({ metadata }) => !metadata.labels?.[gatewayLabel]);
  const specs = pods.map((pod) => specOf(pod, store, dir));
  for (const spec of specs) linkProviders(spec.dir, dir, store);
  store.close();
  return {
    start: async (stack) => {
      const startedAt = context.clock.now();
      const programs: Program[] = specs.map((spec) => stack.use(startProgram(spec)));
      await Promise.all(specs.map((spec, index) => answering(spec.dir, programs[index], context)));
      return { pids: programs.map(({ pid }) => pid), seconds: (context.clock.now() - startedAt) / 1000 };
    },
  };
}

function folderOf(dir: string, service: string): string {
  return path.join(dir, service);
}

function specOf(pod: Stored<Pod>, store: ObjectStore, root: string) {
  const [container] = pod.spec?.containers ?? [];
  if (!container?.image) throw new TypeError(`Pod ${pod.metadata.name} has no container`);
  const { serviceAccountName = 'default' } = pod.spec ?? {};
  const dir = folderOf(root, serviceAccountName);
  const images = createImages({
    roots: ['dist/images', 'local/images'].map((folder) => path.join(repo, folder)),
    repo,
    node: process.execPath,
    envoy: () => '',
  });
  const image = images.resolve(container.image);
  const sandbox = { uid: pod.metadata.uid, ip: pod.status?.podIP ?? '', dir };
  const declared = declaredEnvironment({ store, pod, sandbox, hostIp: '127.0.0.1' }, container);
  const argv = image.command.map((word) =>
    existsSync(path.join(image.dir, word)) ? path.join(image.dir, word) : word,
  );
  const env = { ...image.env, ...declared, ...(declared.PGDATA ? { PGDATA: 'data' } : {}), PARLEY_SOCKETS: '.' };
  return { name: serviceAccountName, argv: argv as [string, ...string[]], dir, env };
}

/** What a sidecar would be between, as links: `out/<host>:<port>` to the provider's own `in/<port>`. */
function linkProviders(dir: string, root: string, store: ObjectStore): void {
  mkdirSync(path.join(dir, 'out'), { recursive: true });
  for (const { metadata, spec } of store.list<Service>('Service').items) {
    for (const { port } of spec?.ports ?? []) {
      const provider = spec?.selector?.['app.kubernetes.io/name'] ?? metadata.name;
      const link = path.join(dir, 'out', `${serviceHost({ name: metadata.name, namespace })}:${port}`);
      symlinkSync(path.join(folderOf(root, provider), 'in', String(port)), link);
    }
  }
}

/** postgres: its socket is there; a service: ready by its own word, the same that its Pod's probe asks. */
async function answering(dir: string, program: Program | undefined, { clock, signal }: RowContext): Promise<void> {
  const socket = (port: number) => path.join(dir, 'in', String(port));
  const attempt = async () => {
    signal.throwIfAborted();
    if (path.basename(dir) === 'postgres') {
      if (!existsSync(socket(5432))) throw new Error('no socket yet');
      return;
    }
    const client = new Client('http://localhost', { socketPath: socket(9090) });
    try {
      const { statusCode, body } = await request('http://localhost/readyz', { dispatcher: client });
      const text = await body.text();
      if (statusCode !== 200) throw new Error(`${statusCode} ${text}`);
    } finally {
      await client.destroy();
    }
  };
  await until(`${path.basename(dir)} answers (${program?.log().slice(-200) ?? ''})`, answerWithinMs, clock, attempt);
}
