import { reasonOf, runPostgres } from './server.ts';

try {
  process.exit(await runPostgres(process.env));
} catch (thrown) {
  process.stderr.write(`postgres: ${reasonOf(thrown)}\n`);
  process.exit(1);
}
