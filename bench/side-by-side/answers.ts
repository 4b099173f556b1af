/** What the caller says every 100 ms of one release. */
export interface Answers {
  /** Milliseconds since 1970, by the caller's clock. */
  readonly at: number;
  readonly release: string;
  readonly ok: number;
  readonly failed: number;
}

/** Reads the log of the caller; a line that is cut off at the end is left out. */
export function answersIn(log: string): Answers[] {
  return log.split('\n').flatMap((line) => (line.endsWith('}') ? [JSON.parse(line) as Answers] : []));
}

export interface Round {
  /** From the first answer of the candidate to the last that it gave. */
  readonly exposedMs: number;
  /** From the first answer of the candidate to the first moment after which nobody else answers. */
  readonly takenOverMs?: number;
  readonly candidateAnswers: number;
  /** Of all calls, whoever answered. */
  readonly sent: number;
  readonly failed: number;
}

/** What became of the calls from `sinceMs` on while the candidate was rolled out. Pure; throws when it never answered. */
export function roundOf(answers: readonly Answers[], candidate: string, sinceMs: number): Round {
  const seen = answers.filter(({ at }) => at >= sinceMs);
  const own = seen.filter(({ release }) => release === candidate);
  const others = seen.filter(({ release }) => release !== candidate);
  const [first, last] = [own[0], own.at(-1)];
  if (!first || !last) throw new RangeError(`the candidate ${candidate} never answered`);
  const lastOther = others.at(-1)?.at ?? sinceMs;
  const sum = (list: readonly Answers[], of: (each: Answers) => number) =>
    list.reduce((total, each) => total + of(each), 0);
  return {
    exposedMs: last.at - first.at,
    ...(lastOther < last.at ? { takenOverMs: Math.max(0, lastOther - first.at) } : {}),
    candidateAnswers: sum(own, ({ ok, failed }) => ok + failed),
    sent: sum(seen, ({ ok, failed }) => ok + failed),
    failed: sum(seen, ({ failed }) => failed),
  };
}
