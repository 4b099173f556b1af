import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { lookForTool, type Tool, tools } from '../install/tools.ts';
import { canBind } from '../local/daemon/address-block.ts';
import { holderOf } from '../local/daemon/host-ports.ts';
import { runningDaemon } from '../local/daemon/record.ts';
import { findEnvoy } from '../local/envoy/find.ts';
import { checkInotify } from '../local/envoy/inotify.ts';
import type { CommandContext } from './command.ts';
import { messageOf } from './failure.ts';
import { hostPorts, stateFolder } from './state-folder.ts';
import { readRecord } from './target/record.ts';

const run = promisify(execFile);

export type CheckResult = 'success' | 'warning' | 'error';

export interface CheckOutcome {
  readonly result: CheckResult;
  /** What was found. */
  readonly found: string;
  /** What to type; there unless all is well. */
  readonly hint?: string;
}

export interface Check {
  readonly category: 'programs' | 'machine' | 'ports' | 'clusters';
  readonly description: string;
  look(context: CommandContext): Promise<CheckOutcome>;
}

const good = (found: string): CheckOutcome => ({ result: 'success', found });
const warn = (found: string, hint: string): CheckOutcome => ({ result: 'warning', found, hint });
const bad = (found: string, hint: string): CheckOutcome => ({ result: 'error', found, hint });

const mebibyte = 1024 * 1024;
const wantedDiskMb = 1024;
const wantedMemoryMb = 1024;

/** Everything that `up` needs of a machine, one row each. */
export const checks: readonly Check[] = [
  {
    category: 'programs',
    description: 'Node.js 22.18 or later',
    look: async () => good(process.version.slice(1)),
  },
  {
    category: 'programs',
    description: 'npm',
    look: (context) => programVersion(context, 'npm', ['--version'], 'comes with Node.js: https://nodejs.org'),
  },
  {
    category: 'programs',
    description: 'Python 3 with pip (only to download Envoy)',
    look: (context) =>
      programVersion(context, 'python3', ['-m', 'pip', '--version'], 'sudo apt-get install python3-pip'),
  },
  { category: 'programs', description: 'Envoy (only for the target embedded)', look: envoy },
  {
    category: 'programs',
    description: 'kubectl (for your own looks; parley needs none)',
    look: (context) =>
      programVersion(context, 'kubectl', ['version', '--client'], 'https://kubernetes.io/docs/tasks/tools/'),
  },
  { category: 'machine', description: 'inotify instances for the sidecars', look: inotify },
  { category: 'machine', description: `disk, ${wantedDiskMb} MB`, look: disk },
  { category: 'machine', description: `memory, ${wantedMemoryMb} MB free`, look: memory },
  {
    category: 'ports',
    description: 'HTTP port of the edge',
    look: (context) => hostPort(context, 'http', 'PARLEY_HTTP_PORT'),
  },
  {
    category: 'ports',
    description: 'HTTPS port of the edge',
    look: (context) => hostPort(context, 'https', 'PARLEY_HTTPS_PORT'),
  },
  { category: 'clusters', description: 'Docker engine (for the target kind)', look: tool(tools.docker) },
  { category: 'clusters', description: 'kind (for the target kind)', look: tool(tools.kind) },
  { category: 'clusters', description: 'istioctl (for clusters with Istio)', look: tool(tools.istioctl) },
  { category: 'clusters', description: 'linkerd (for clusters with Linkerd)', look: tool(tools.linkerd) },
];

/** A program that only clusters need: one that is not there is no fault, one of a version that will be refused is worth a warning. */
function tool(wanted: Tool): Check['look'] {
  return async ({ env, signal }) => {
    const found = await lookForTool(wanted, env, signal);
    if (found.state === 'absent') return good('not here; the embedded cluster needs none');
    if (found.state === 'good') return good(found.version);
    if (found.state === 'other') return good(`${found.version}, ${found.note}`);
    return warn(found.why, wanted.source);
  };
}

async function programVersion(
  { env }: CommandContext,
  program: string,
  args: readonly string[],
  hint: string,
): Promise<CheckOutcome> {
  try {
    const { stdout } = await run(program, [...args], { env: { ...env }, timeout: 10_000 });
    return good(stdout.split('\n')[0]?.replace(/ from .*/, '') ?? '');
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return warn(missing ? `${program} is not on PATH` : `${program} ${args.join(' ')} fails`, hint);
  }
}

async function envoy(context: CommandContext): Promise<CheckOutcome> {
  const toolsDir = join(stateFolder(context).path, 'tools');
  try {
    const { path, version } = await findEnvoy({ env: context.env, toolsDir, download: false });
    return good(`${version} (${path})`);
  } catch (error) {
    if (context.env.PARLEY_ENVOY) return bad(messageOf(error), 'unset PARLEY_ENVOY');
    return good('none yet; the first `parley up --target embedded` downloads it');
  }
}

async function inotify(): Promise<CheckOutcome> {
  try {
    checkInotify(12);
    return good(readFileSync('/proc/sys/fs/inotify/max_user_instances', 'utf8').trim());
  } catch (error) {
    return bad(messageOf(error), 'sudo sysctl fs.inotify.max_user_instances=8192');
  }
}

async function disk(context: CommandContext): Promise<CheckOutcome> {
  const { path } = stateFolder(context);
  const { bavail, bsize } = await statfs(existing(path));
  const free = Math.floor((bavail * bsize) / mebibyte);
  return free >= wantedDiskMb
    ? good(`${free} MB free`)
    : bad(`${free} MB free for ${path}`, 'PARLEY_HOME=/a/larger/disk parley up');
}

/** The nearest folder above that is there. */
function existing(path: string): string {
  let folder = path;
  while (!existsSync(folder)) folder = dirname(folder);
  return folder;
}

async function memory(): Promise<CheckOutcome> {
  const free = Math.floor(freemem() / mebibyte);
  const text = `${free} MB free of ${Math.floor(totalmem() / mebibyte)} MB`;
  return free >= wantedMemoryMb ? good(text) : warn(text, 'close other programs');
}

async function hostPort(context: CommandContext, which: 'http' | 'https', variable: string): Promise<CheckOutcome> {
  const port = hostPorts(context.env)[which];
  const state = stateFolder(context);
  const mapped = readRecord(state)?.made.cluster !== undefined && readRecord(state)?.hosts?.[which];
  if (runningDaemon(state.path) || mapped === `127.0.0.1:${port}`) return good(`${port}: the running exchange has it`);
  if (await canBind('127.0.0.1', port)) return good(`${port} is free`);
  const holder = holderOf(port);
  return bad(
    `${port} is taken${holder ? ` by process ${holder.pid} (${holder.command})` : ''}`,
    `export ${variable}=${port + 10_000}`,
  );
}
