import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../local/daemon/free-ports.ts';
import type { MeshName } from '../../mesh/intent.ts';
import { type Collector, startCollector } from '../../services/testing/otlp-collector.ts';
import { inherited, openCommands } from '../commands.ts';
import { envoyPath } from '../envoy.ts';
import { eventually } from '../eventually.ts';
import type { Exchange } from '../exchange.ts';
import { addressBlock, leftovers, sharedMemory, type Traces } from '../leftovers.ts';
import type { Location } from '../location.ts';
import { processesOf } from '../processes.ts';
import { describe } from '../program.ts';
import { embeddedAccess } from './access.ts';

export interface EmbeddedOptions {
  /** Whose objects are applied; default istio. */
  readonly mesh?: MeshName;
  /** A collector of the test's own gets the spans. */
  readonly traces?: true | undefined;
}

/** A place where an exchange can be started: a state folder, host ports and an environment of its own. */
export interface Site extends Location {
  /** The last lines of the daemon's log, for messages. */
  daemonLog(): string;
  /** `parley down`, then proof that nothing is left: throws with a line for each process, port and file that is. */
  stop(): Promise<void>;
}

/** Starts the exchange by `bin/parley up` in a site of its own; everything answers when this resolves. */
export async function startEmbedded({ mesh = 'istio', traces }: EmbeddedOptions = {}): Promise<Exchange> {
  const collector = traces ? await startCollector() : undefined;
  const site = await openSite(collector ? { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } : {});
  const up = ['up', '--target', 'embedded', '--mesh', mesh];
  const finished = await site.attempt(up);
  if (finished.code !== 0) {
    const log = site.daemonLog();
    await stopAll(site, collector).catch((error: Error) => {
      throw new Error(`${describe(up, finished)}\n${log}\nand then: ${error.message}`);
    });
    throw new Error(`${describe(up, finished)}\n${log}`);
  }
  return {
    ...site,
    ...embeddedAccess(site, collector),
    place: { target: 'embedded', mesh },
    stop: () => stopAll(site, collector),
  };
}

async function stopAll(site: Site, collector: Collector | undefined): Promise<void> {
  try {
    await site.stop();
  } finally {
    await collector?.close();
  }
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
  const [home, user, temporary, scratch] = ['state', 'user', 'tmp', 'scratch'].map((name) => join(root, name)) as [
    string,
    string,
    string,
    string,
  ];
  for (const folder of [user, temporary, scratch]) mkdirSync(folder);
  const before = sharedMemory();
  const place = await prefix(home);
  const [httpPort, httpsPort] = (await freePorts(2)) as [number, number];
  const kubeconfig = join(home, 'kubeconfig');
  const commands = await openCommands({
    prefix: place,
    env: {
      ...inherited(/^(VITEST|NODE_|npm_|KUBE|OTEL_|PARLEY_)/),
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
    },
  });
  let block: string | undefined;
  return {
    ...commands,
    home,
    kubeconfig,
    httpPort,
    httpsPort,
    http: `http://127.0.0.1:${httpPort}`,
    https: `https://127.0.0.1:${httpsPort}`,
    scratch,
    daemonLog: () => lastLines(join(home, 'daemon.log'), 40),
    stop: async () => {
      block = addressBlock(kubeconfig) ?? block;
      const down = await commands.attempt(['down']);
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
function lastLines(file: string, count: number): string {
  if (!existsSync(file)) return `(no ${file})`;
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
}
