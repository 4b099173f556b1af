import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exceptions } from './suite/exceptions.ts';

/** The part of vitest's JSON report that is counted. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly success: boolean;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly title: string; readonly status: string }[];
  }[];
}

/**
 * Adds up vitest's JSON reports in a folder, says which rings were left out (files `*.left-out`) and which tests by
 * suite/exceptions.ts, and prints `N passed, N failed` on the last line. Exits 1 when a test failed, a file could not be run, a
 * test was skipped that is no exception, or nothing ran at all.
 */
function tally(folder: string): number {
  const names = readdirSync(folder).sort();
  const read = (end: string) =>
    names.filter((name) => name.endsWith(end)).map((name) => readFileSync(join(folder, name), 'utf8'));
  const reports = read('.json').map((text) => JSON.parse(text) as Report);
  const sum = (pick: (report: Report) => number): number => reports.reduce((total, report) => total + pick(report), 0);
  const passed = sum((report) => report.numPassedTests);
  const failed = sum((report) => report.numFailedTests);
  const broken = reports.filter((report) => !report.success).length;
  const rings = read('.left-out').map((text) => text.trim());
  const skipped = reports.flatMap(skippedIn);
  const unexcused = skipped.filter((title) => !exceptions.some(({ test }) => test === title));
  for (const ring of rings) process.stdout.write(`left out: ${ring}\n`);
  for (const title of skipped) process.stdout.write(`left out: ${title}: ${reasonOf(title)}\n`);
  if (unexcused.length > 0)
    process.stdout.write(`${unexcused.length} tests were skipped without an entry in exceptions.ts\n`);
  if (broken > 0) process.stdout.write(`${broken} of ${reports.length} rings did not succeed\n`);
  if (rings.length > 0 || skipped.length > 0)
    process.stdout.write(`${rings.length} rings and ${skipped.length} tests left out\n`);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed > 0 || broken > 0 || unexcused.length > 0 || passed === 0 ? 1 : 0;
}

function skippedIn({ testResults }: Report): string[] {
  const outcomes = testResults.flatMap(({ assertionResults }) => assertionResults);
  return outcomes.filter(({ status }) => status !== 'passed' && status !== 'failed').map(({ title }) => title);
}

function reasonOf(title: string): string {
  return exceptions.find(({ test }) => test === title)?.reason ?? 'nothing says why';
}

const folder = process.argv[2];
if (folder === undefined)
  throw new Error('usage: node tests/tally.ts FOLDER (the folder with the JSON reports of vitest)');
process.exitCode = tally(folder);
