import { once } from 'node:events';
import type * as z from 'zod';
import { Failure, reasonOf } from './failure.ts';
import { type Release, type ServiceDefinition, startService } from './service.ts';

/**
 * Runs a release until SIGTERM or SIGINT and a clean drain. The entry of a release ends the process with what this resolves with:
 * 0 after a drain, 1 if the service broke, 2 if its configuration cannot be used.
 */
export async function run<S extends z.ZodType>(definition: ServiceDefinition<S>, release: Release): Promise<number> {
  const write = (line: string) => {
    process.stdout.write(line);
  };
  const leave = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  try {
    const service = await startService(definition, release, { environment: process.env, write, now: Date.now });
    await Promise.race([leave, service.broken]);
    await service.stop();
    return 0;
  } catch (thrown) {
    const hint = thrown instanceof Failure ? thrown.hint : undefined;
    write(
      `${JSON.stringify({ level: 'error', service: definition.name, release: release.version, message: reasonOf(thrown), hint })}\n`,
    );
    return thrown instanceof Failure && thrown.code === 'bad-configuration' ? 2 : 1;
  }
}
