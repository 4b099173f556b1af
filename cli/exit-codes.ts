/** What the exit code of `parley` says; `parley help exit-codes` prints this table. */
export const exitCodes = [
  { name: 'ok', code: 0, meaning: 'done; warnings count as done' },
  { name: 'failed', code: 1, meaning: 'it was tried and did not work; stderr says what, why and what to type next' },
  { name: 'usage', code: 2, meaning: 'the command line is wrong; nothing was done' },
  { name: 'findings', code: 3, meaning: 'it worked, and the answer is that something needs your attention' },
  { name: 'timeout', code: 4, meaning: 'not finished when --timeout was over' },
  { name: 'interrupted', code: 130, meaning: 'ended by Ctrl-C (SIGINT) or SIGTERM' },
] as const;

export type ExitName = (typeof exitCodes)[number]['name'];

/** The number of a named exit. */
export function exitCode(name: ExitName): number {
  const found = exitCodes.find((each) => each.name === name);
  if (!found) throw new TypeError(`no exit code is called ${name}`);
  return found.code;
}
