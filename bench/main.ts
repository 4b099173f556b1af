import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { exitCode } from '../cli/exit-codes.ts';
import { describeFailure, interrupted, messageOf, usageFailure } from '../cli/failure.ts';
import { writeDocument } from '../cli/output/document.ts';
import { systemClock } from '../verify/load/clock.ts';
import { type Outcome, renderDocument, renderText } from './report.ts';
import type { Row, RowContext } from './row.ts';
import { rows } from './rows/rows.ts';

const usage = `Usage: node bench/main.ts [row...] [--rounds N] [--quick] [-o table|json]

Measures ratios side by side in one run. Exits 0 when everything was measured (also when a goal is missed), 1 when a measurement failed.

Rows:
${rows.map((row) => `  ${row.name.padEnd(18)}${row.title}`).join('\n')}
`;

interface Options {
  readonly rows: readonly Row[];
  readonly rounds: number;
  readonly quick: boolean;
  readonly json: boolean;
}

const maxRounds = 50;

/** Parses the command line; undefined when help is asked for. Throws a usage failure. */
function parse(argv: readonly string[]): Options | undefined {
  const { values, positionals } = parseStrictly(argv);
  if (values.help) return undefined;
  const quick = values.quick ?? false;
  const rounds = values.rounds === undefined ? (quick ? 2 : 5) : Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > maxRounds) {
    throw usageFailure(`--rounds ${values.rounds}: not a whole number from 1 to ${maxRounds}.`);
  }
  const output = values.output ?? 'table';
  if (output !== 'table' && output !== 'json') throw usageFailure(`-o ${output}: unknown.`, 'Known: table, json.');
  const chosen = positionals.length === 0 ? rows : positionals.map(rowNamed);
  return { rows: chosen, rounds, quick, json: output === 'json' };
}

function parseStrictly(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        rounds: { type: 'string' },
        quick: { type: 'boolean' },
        output: { type: 'string', short: 'o' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw usageFailure(messageOf(error), 'See `node bench/main.ts --help`.');
  }
}

function rowNamed(name: string): Row {
  const row = rows.find((each) => each.name === name);
  if (!row) throw usageFailure(`row ${name}: unknown.`, `Known: ${rows.map((each) => each.name).join(', ')}.`);
  return row;
}

/** Runs the rows one after the other. A row that fails does not keep the others from being measured. */
async function measure(options: Options, context: RowContext): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const row of options.rows) {
    context.say(`${row.name}: ${row.title}`);
    const named = { row: row.name, title: row.title };
    try {
      outcomes.push({ ...named, result: await row.run(context) });
    } catch (error) {
      if (context.signal.aborted) throw context.signal.reason;
      outcomes.push({
        ...named,
        failed: describeFailure(error)
          .trim()
          .replace(/^parley: /, '')
          .replace(/\n */g, ' '),
      });
    }
  }
  return outcomes;
}

async function main(): Promise<number> {
  const options = parse(process.argv.slice(2));
  if (!options) {
    process.stdout.write(usage);
    return exitCode('ok');
  }
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort(interrupted()));
  // What the rows wait for may be timers and children that do not keep Node alive by themselves.
  const alive = setInterval(() => {}, 60_000);
  const dir = mkdtempSync(path.join(tmpdir(), 'parley-bench-'));
  try {
    const outcomes = await measure(options, {
      rounds: options.rounds,
      quick: options.quick,
      signal: stop.signal,
      clock: systemClock,
      dir,
      env: process.env,
      say: (text) => process.stderr.write(`• ${text}\n`),
    });
    if (options.json) await writeDocument(process.stdout, 'json', 'Bench', renderDocument(outcomes));
    else process.stdout.write(renderText(outcomes));
    return exitCode(outcomes.some((outcome) => 'failed' in outcome) ? 'failed' : 'ok');
  } finally {
    clearInterval(alive);
    rmSync(dir, { recursive: true, force: true });
  }
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(describeFailure(error));
    process.exitCode = exitCode(
      error instanceof Error && 'exit' in error && error.exit === 'usage' ? 'usage' : 'failed',
    );
    if (error instanceof Error && 'exit' in error && error.exit === 'interrupted')
      process.exitCode = exitCode('interrupted');
  },
);
