import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Failure, messageOf } from '../cli/failure.ts';
import { freePorts } from '../local/daemon/free-ports.ts';
import { envoyProgram } from './proxies/rig.ts';
import type { RowContext } from './row.ts';

/** A state folder and host ports for an exchange of its own. */
export interface Site {
  readonly home: string;
  readonly kubeconfig: string;
  /** Of the edge, by http. */
  readonly url: string;
  /** `parley ...`; rejects with its last words unless it exits 0. */
  parley(...args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }>;
}

const parleyProgram = path.join(import.meta.dirname, '..', 'bin', 'parley');
const foreign = /^(NODE_|npm_|KUBE|OTEL_|PARLEY_)/;

/** A place for an exchange of its own, so that one that runs already is left alone; stopped and removed when disposed of. */
export async function benchSite(context: RowContext, stack: AsyncDisposableStack): Promise<Site> {
  const home = mkdtempSync(path.join(tmpdir(), 'parley-bench-site-'));
  stack.defer(() => rmSync(home, { recursive: true, force: true }));
  const [http, https] = await freePorts(2);
  const kubeconfig = path.join(home, 'kubeconfig');
  const env = {
    ...Object.fromEntries(Object.entries(context.env).filter(([name]) => !foreign.test(name))),
    NO_COLOR: '1',
    PARLEY_ENVOY: await envoyProgram(context),
    PARLEY_HOME: home,
    PARLEY_HTTP_PORT: String(http),
    PARLEY_HTTPS_PORT: String(https),
    KUBECONFIG: kubeconfig,
  };
  const run = promisify(execFile);
  const url = `http://127.0.0.1:${http}`;
  const site: Site = { home, kubeconfig, url, parley: (...args) => run(parleyProgram, args, { env }) };
  stack.defer(async () => void (await site.parley('down')));
  return site;
}

export interface Start {
  readonly seconds: number;
  /** What `up` said of its steps: `objects: 62, 62 changed (0.5 s)`. */
  readonly steps: readonly string[];
}

/** `parley up` in a site, to the end: every conversation has then answered through the sidecars. */
export async function bringUp(site: Site, { clock }: RowContext): Promise<Start> {
  const startedAt = clock.now();
  try {
    const { stderr } = await site.parley('up', '--target', 'embedded');
    const seconds = (clock.now() - startedAt) / 1000;
    return { seconds, steps: [...stderr.matchAll(/^• (.*)$/gm)].map(([, step]) => step ?? '') };
  } catch (cause) {
    throw new Failure('UpFailed', `the exchange does not start: ${messageOf(cause).slice(-600)}`, {
      cause: lastLine(site),
    });
  }
}

/** Of the daemon's log; empty when it did not come so far. */
function lastLine({ home }: Site): string {
  const log = path.join(home, 'daemon.log');
  return existsSync(log) ? (readFileSync(log, 'utf8').trim().split('\n').at(-1) ?? '') : '';
}
