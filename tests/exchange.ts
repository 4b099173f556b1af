import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../local/daemon/free-ports.ts';
import { envoyPath } from './envoy.ts';
import { eventually } from './eventually.ts';
import { addressBlock, leftovers, sharedMemory, type Traces } from './leftovers.ts';
import { processesOf } from './processes.ts';
import { describe, type Finished, type Running, run, start, succeed } from './program.ts';
import { kubectlBinary } from './tools/kubectl.ts';

const repo = join(import.meta.dirname, '..');
const parleyProgram = join(repo, 'bin/parley');

export interface ExchangeOptions {
  /** Whose objects are applied; default istio. */
  readonly mesh?: 'istio' | 'linkerd';
  /** More arguments of `parley up`. */
  readonly args?: readonly string[];
  /** More environment of every `parley` of this exchange. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A place where an exchange can be started: a state folder, host ports and an environment of its own. */
export interface Site {
  readonly home: string;
  readonly kubeconfig: string;
  readonly env: Readonly<Record<string, string>>;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly http: string;
  readonly https: string;
  /** `parley ...`; throws unless it exits 0. */
  parley(...args: readonly string[]): Promise<Finished>;
  /** `parley ...` with any exit, and any other environment. */
  attempt(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Finished>;
  /** `parley ...` that runs on. */
  begin(...args: readonly string[]): Running;
  /** `kubectl -n exchange ...`: its stdout; throws unless it exits 0. */
  kubectl(...args: readonly string[]): Promise<string>;
  attemptKubectl(args: readonly string[], stdin?: string): Promise<Finished>;
  /** `kubectl get ... -o json`. */
  get<T>(...args: readonly string[]): Promise<T>;
  /** A bearer token with some minutes left. */
  token(): Promise<string>;
  /** The last lines of the daemon's log, for messages. */
  daemonLog(): string;
  /** `parley down`, then proof that nothing is left: throws with a line for each process, port and file that is. */
  stop(): Promise<void>;
}

export type Exchange = Site;

/** Starts the exchange by `bin/parley up` in a site of its own; everything answers when this resolves. */
export async function startExchange(options: ExchangeOptions = {}): Promise<Exchange> {
  const site = await openSite(options.env);
  const up = ['up', '--target', 'embedded', ...(options.mesh ? ['--mesh', options.mesh] : []), ...(options.args ?? [])];
  const finished = await site.attempt(up);
  if (finished.code !== 0) {
    const log = site.daemonLog();
    await site.stop().catch((error: Error) => {
      throw new Error(`${describe(up, finished)}\n${log}\nand then: ${error.message}`);
    });
    throw new Error(`${describe(up, finished)}\n${log}`);
  }
  return site;
}

/**
 * A site in which nothing has been started yet. `prefix` makes what every command is started by from the state folder: a
 * program that puts the command somewhere else, such as nsenter.
 */
export async function openSite(
  env: Readonly<Record<string, string>> = {},
  prefix: (home: string) => Promise<readonly string[]> = async () => [],
): Promise<Site> {
  const root = mkdtempSync(join(tmpdir(), 'parley-e2e-'));
  const [home, user, temporary] = ['state', 'user', 'tmp'].map((name) => join(root, name)) as [string, string, string];
  for (const folder of [user, temporary]) mkdirSync(folder);
  const before = sharedMemory();
  const place = await prefix(home);
  const [httpPort, httpsPort] = (await freePorts(2)) as [number, number];
  const kubeconfig = join(home, 'kubeconfig');
  const environment = {
    ...inherited(),
    HOME: user,
    TMPDIR: temporary,
    NO_COLOR: '1',
    PARLEY_ENVOY: await envoyPath(),
    PARLEY_HOME: home,
    PARLEY_HTTP_PORT: String(httpPort),
    PARLEY_HTTPS_PORT: String(httpsPort),
    KUBECONFIG: kubeconfig,
    KUBECACHEDIR: join(root, 'kubectl'),
    ...env,
  };
  const attempt = (args: readonly string[], more = {}) =>
    run([...place, parleyProgram, ...args], { env: { ...environment, ...more } });
  const parley = (...args: readonly string[]) => succeed([...place, parleyProgram, ...args], { env: environment });
  const binary = await kubectlBinary();
  const kubectlLine = (args: readonly string[]) => [...place, binary, '-n', 'exchange', ...args];
  const kubectl = async (...args: readonly string[]) => (await succeed(kubectlLine(args), { env: environment })).stdout;
  let block: string | undefined;
  return {
    home,
    kubeconfig,
    env: environment,
    httpPort,
    httpsPort,
    http: `http://127.0.0.1:${httpPort}`,
    https: `https://127.0.0.1:${httpsPort}`,
    parley,
    attempt,
    begin: (...args) => start([...place, parleyProgram, ...args], { env: environment, timeoutMs: 600_000 }),
    kubectl,
    attemptKubectl: (args, stdin) => run(kubectlLine(args), { env: environment, stdin }),
    get: async <T>(...args: readonly string[]) => JSON.parse(await kubectl('get', ...args, '-o', 'json')) as T,
    token: renewed(async () => (await parley('token')).stdout.trim()),
    daemonLog: () => lastLines(join(home, 'daemon.log'), 40),
    stop: async () => {
      block = addressBlock(kubeconfig) ?? block;
      const down = await attempt(['down']);
      try {
        await swept({ root, home, untouched: [user, temporary], block, hostPorts: [httpPort, httpsPort], before });
      } finally {
        for (const { pid } of processesOf(root)) process.kill(pid, 'SIGKILL');
        rmSync(root, { recursive: true, force: true });
      }
      if (down.code !== 0) throw new Error(describe(['parley', 'down'], down));
    },
  };
}

/** Asks once, and again when the answer is old; a token lives ten minutes. */
function renewed(ask: () => Promise<string>): () => Promise<string> {
  const lifeMs = 240_000;
  let asked: { readonly answer: Promise<string>; readonly atMs: number } | undefined;
  return () => {
    if (!asked || performance.now() - asked.atMs > lifeMs) asked = { answer: ask(), atMs: performance.now() };
    return asked.answer;
  };
}

/** What a user's shell gives, without what the test runner and another exchange put into it. */
function inherited(): Record<string, string> {
  const foreign = /^(VITEST|NODE_|npm_|KUBE|OTEL_|PARLEY_)/;
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || foreign.test(name) ? [] : [[name, value]],
    ),
  );
}

/** `down` has returned, so nothing may be left; a killed process may stay in the table for a moment. */
async function swept(traces: Traces): Promise<void> {
  await eventually(
    'nothing left after parley down',
    2000,
    () => leftovers(traces).join('\n'),
    (left) => left === '',
  );
}

/** The last lines of a file; says so when there is none. */
export function lastLines(file: string, count: number): string {
  if (!existsSync(file)) return `(no ${file})`;
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
}
