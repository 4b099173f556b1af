import { createLog } from '../../kube/log.ts';
import { type Daemon, startDaemon } from './daemon.ts';
import { parseDaemonOptions } from './options.ts';

const log = createLog((line) => process.stdout.write(line), Date.now);
let starting: Promise<Daemon> | undefined;
let ending = false;

/** A start that is under way is finished first: only then is it known what has to end. */
async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  await (await starting)?.stop();
  process.exit(0);
}

/** A bug must not go on in a half-known state: the Pods live on, and the next start adopts them. */
function crash(error: unknown): void {
  log.error(error instanceof Error ? error.message : String(error), error);
  process.exit(1);
}

process.on('SIGHUP', () => log.info('SIGHUP is ignored: the daemon belongs to no terminal'));
process.on('uncaughtException', crash);
process.on('unhandledRejection', crash);
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void end().catch(crash));

try {
  starting = startDaemon(parseDaemonOptions(process.argv.slice(2)), log);
  await starting;
} catch (error) {
  crash(error);
}
