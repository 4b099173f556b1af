import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The part of vitest's JSON report that is counted. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numFailedTestSuites: number;
  readonly success: boolean;
}

/**
 * Adds up vitest's JSON reports in a folder and prints `N passed, N failed` on the last line. Exits 1 when a test
 * failed, a file could not be run, a test was skipped, or nothing ran at all.
 */
function tally(folder: string): number {
  const reports = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Report);
  const sum = (pick: (report: Report) => number): number => reports.reduce((total, report) => total + pick(report), 0);
  const passed = sum((report) => report.numPassedTests);
  const failed = sum((report) => report.numFailedTests);
  const skipped = sum((report) => report.numPendingTests);
  const broken = reports.filter((report) => !report.success).length;
  if (skipped > 0) process.stdout.write(`${skipped} tests were skipped; no test may be\n`);
  if (broken > 0) process.stdout.write(`${broken} of ${reports.length} rings did not succeed\n`);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed > 0 || broken > 0 || skipped > 0 || passed === 0 ? 1 : 0;
}

const folder = process.argv[2];
if (folder === undefined)
  throw new Error('usage: node tests/tally.ts FOLDER (the folder with the JSON reports of vitest)');
process.exitCode = tally(folder);
