/** One JSON line per entry, on the program's stdout. */
export interface Log {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, error: unknown): void;
}

/** @param now milliseconds since 1970. */
export function createLog(write: (line: string) => unknown, now: () => number): Log {
  const entry = (level: string, message: string, fields: Readonly<Record<string, unknown>>) => {
    write(`${JSON.stringify({ time: new Date(now()).toISOString(), level, message, ...fields })}\n`);
  };
  return {
    info: (message, fields = {}) => entry('info', message, fields),
    error: (message, error) => entry('error', message, fieldsOf(error)),
  };
}

/** Code, hint and stack of an error, and the messages of its causes. */
function fieldsOf(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: String(error) };
  const causes: string[] = [];
  for (let each = error.cause; each instanceof Error && causes.length < 5; each = each.cause) causes.push(each.message);
  return {
    ...('code' in error ? { code: error.code } : {}),
    ...('hint' in error ? { hint: error.hint } : {}),
    ...(causes.length > 0 ? { causes } : {}),
    stack: error.stack,
  };
}

/** The same problem again and again is told once, until there was another. */
export function withoutRepeats(tell: (problem: string) => void): (problem: string) => void {
  let last: string | undefined;
  return (problem) => {
    if (problem !== last) tell(problem);
    last = problem;
  };
}
