/** One thing that is measured in every round. */
export interface Subject<T> {
  readonly name: string;
  measure(round: number): Promise<T>;
}

/** Who is measured when: each round starts one subject further on, so that no subject always follows the same one first. */
export function order<T>(subjects: readonly T[], round: number): T[] {
  const from = subjects.length === 0 ? 0 : round % subjects.length;
  return [...subjects.slice(from), ...subjects.slice(0, from)];
}

/** Measures each subject once a round, one after the other, and returns the rounds of each by name, in round order. */
export async function interleave<T>(
  subjects: readonly Subject<T>[],
  rounds: number,
  signal: AbortSignal,
): Promise<Map<string, T[]>> {
  const results = new Map<string, T[]>(subjects.map((subject) => [subject.name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const subject of order(subjects, round)) {
      signal.throwIfAborted();
      results.get(subject.name)?.push(await subject.measure(round));
    }
  }
  return results;
}
