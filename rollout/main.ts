import { systemClock } from '../kube/clock.ts';
import { createLog } from '../kube/log.ts';
import { parseProgramOptions } from './controller/options.ts';
import { startProgram } from './controller/program.ts';

const log = createLog((line) => process.stdout.write(line), Date.now);
let starting: ReturnType<typeof startProgram> | undefined;
let ending = false;

/** What is under way is finished, and the Lease given back, so that another controller need not wait. */
async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  await (await starting)?.stop();
  process.exit(0);
}

/** A bug must not go on in a half-known state: the next process goes on from what is stored. */
function crash(error: unknown): void {
  log.error(error instanceof Error ? error.message : String(error), error);
  process.exit(1);
}

process.on('uncaughtException', crash);
process.on('unhandledRejection', crash);
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void end().catch(crash));
// Timers of the clock do not keep the process alive, and an API server that is away for a while leaves no sockets.
setInterval(() => undefined, 60_000);

try {
  starting = startProgram(parseProgramOptions(process.argv.slice(2), process.env), process.env, systemClock, log);
  await starting;
} catch (error) {
  crash(error);
}
