import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Step } from '../../install/step.ts';
import { requireFree } from '../../local/daemon/host-ports.ts';
import { type DaemonRecord, runningDaemon } from '../../local/daemon/record.ts';
import { findEnvoy } from '../../local/envoy/find.ts';
import { checkInotify } from '../../local/envoy/inotify.ts';
import type { CommandContext } from '../command.ts';
import { Failure } from '../failure.ts';
import { hostPorts, stateFolder } from '../state-folder.ts';
import { waitUntil } from '../wait.ts';
import { readRecord, removeRecord, type TargetRecord } from './record.ts';
import type { Settings } from './settings.ts';
import type { Target, TargetRequest } from './target.ts';

/** One sidecar for each release of a fresh start, the edge and postgres, and room for a second release of each. */
const expectedSidecars = 12;

/** The embedded cluster: one daemon per state folder; its Pods are processes of this machine. */
export const embeddedTarget: Target = {
  name: 'embedded',
  describe: (_, { mesh, env, rollouts }) => ({ target: 'embedded', mesh, env, rollouts }),
  async check({ context, progress, settings }) {
    checkInotify(expectedSidecars);
    const state = stateFolder(context);
    await findEnvoy({ env: context.env, toolsDir: join(state.path, 'tools'), progress: progress.note });
    if (runningDaemon(state.path)) requireSameRollouts(readRecord(state), settings);
    else await checkHostPorts(context);
    return [];
  },
  steps: async (request) => [daemonStep(request)],
  async stop(context) {
    const state = stateFolder(context);
    const { endCluster } = await import('../../local/daemon/end.ts');
    const ended = await endCluster(state.path, context.clock);
    removeRecord(state);
    return ended;
  },
};

/** Ports that living Pods of a killed daemon hold are ours: the next daemon adopts them. */
async function checkHostPorts(context: CommandContext): Promise<void> {
  const { survivors } = await import('../../local/daemon/end.ts');
  if (survivors(stateFolder(context).path).length > 0) return;
  const ports = hostPorts(context.env);
  await requireFree([`127.0.0.1:${ports.http}`, `127.0.0.1:${ports.https}`]);
}

function daemonStep(request: TargetRequest): Step {
  const { context, ledger } = request;
  return {
    title: 'cluster',
    async look() {
      const running = runningDaemon(stateFolder(context).path);
      if (running) requireSamePorts(running, context);
      return running?.server;
    },
    async run() {
      ledger.begin('cluster');
      const where = await startDaemon(request);
      ledger.finish('cluster');
      return where;
    },
  };
}

async function startDaemon({ context, progress, settings }: TargetRequest): Promise<string> {
  const state = stateFolder(context);
  mkdirSync(state.path, { recursive: true, mode: 0o700 });
  const before = existsSync(state.daemonLog) ? readFileSync(state.daemonLog, 'utf8').length : 0;
  const { timeoutMs } = settings;
  const child = launch(context, settings);
  let ended: string | undefined;
  child.once('exit', (code, signal) => {
    ended = signal ?? `exit code ${code}`;
  });
  try {
    await waitUntil(
      context,
      'the daemon',
      { timeoutMs, hint: `Type: tail ${state.daemonLog}`, pollMs: 20 },
      async () => {
        if (ended !== undefined)
          throw daemonEnded(ended, readFileSync(state.daemonLog, 'utf8').slice(before), state.daemonLog);
        return runningDaemon(state.path) ? undefined : 'it has not said that it is ready';
      },
    );
  } catch (error) {
    if (ended === undefined) {
      const { endCluster } = await import('../../local/daemon/end.ts');
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
      await endCluster(state.path, context.clock);
    }
    if (context.signal.aborted) progress.note('interrupted: the cluster that this call started is ended');
    throw error;
  }
  child.unref();
  return runningDaemon(state.path)?.server ?? '';
}

function launch(context: CommandContext, { rollouts }: Settings) {
  const state = stateFolder(context);
  const ports = hostPorts(context.env);
  const log = openSync(state.daemonLog, 'a', 0o600);
  try {
    const args = ['--state', state.path];
    args.push('--host-port', `8080=127.0.0.1:${ports.http}`, '--host-port', `8443=127.0.0.1:${ports.https}`);
    const collector = context.env.OTEL_EXPORTER_OTLP_ENDPOINT;
    if (collector) args.push('--tracing', `${collector.replace(/\/$/, '')}/v1/traces`);
    if (!rollouts) args.push('--no-rollouts');
    const extra = (context.env.PARLEY_DAEMON_ARGS ?? '').split(' ').filter(Boolean);
    return spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', join(context.repo, 'local/daemon/main.ts'), ...args, ...extra],
      { cwd: context.repo, detached: true, stdio: ['ignore', log, log], env: { ...context.env } },
    );
  } finally {
    closeSync(log);
  }
}

/** The controller is a part of the daemon, which takes it in or leaves it out when it starts. */
function requireSameRollouts(record: TargetRecord | undefined, { rollouts }: Settings): void {
  if (record?.rollouts === undefined || record.rollouts === rollouts) return;
  const [runs, wanted] = record.rollouts ? ['with', 'off'] : ['without', 'on'];
  throw new Failure('OtherRollouts', `the daemon that runs was started ${runs} the controller of rollouts`, {
    hint: `Type: parley down, then parley up --rollouts ${wanted}`,
  });
}

function requireSamePorts(running: DaemonRecord, context: CommandContext): void {
  const wanted = hostPorts(context.env);
  const have = running.hostPorts;
  if (have['8080']?.endsWith(`:${wanted.http}`) && have['8443']?.endsWith(`:${wanted.https}`)) return;
  throw new Failure('OtherPorts', `the exchange runs already, on ${have['8080']} and ${have['8443']}`, {
    hint: `Type: parley down, then parley up   (to have it on ports ${wanted.http} and ${wanted.https})`,
  });
}

/** The daemon's last words; its log lines are JSON with `message` and `hint`. */
function daemonEnded(how: string, log: string, file: string): Failure {
  const last = log.trimEnd().split('\n').at(-1) ?? '';
  const said = lastWords(last);
  return new Failure('DaemonEnded', said?.message ?? `the daemon ended (${how}): ${last}`, {
    hint: said?.hint ?? `Type: tail ${file}`,
  });
}

function lastWords(line: string): { readonly message: string; readonly hint?: string } | undefined {
  try {
    const { message, hint } = JSON.parse(line) as { message?: string; hint?: string };
    return message ? { message, hint } : undefined;
  } catch {
    return undefined; // A crash of Node itself does not write JSON: the caller shows the line as it is.
  }
}
