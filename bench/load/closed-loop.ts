import type { Connections } from './connections.ts';

export interface ClosedLoopResult {
  readonly answered: number;
  readonly elapsedMs: number;
  readonly failures: readonly string[];
}

/** Every connection sends its next request when it has its answer, for `durationMs`: as much as the service can take. */
export function closedLoop(connections: Connections, durationMs: number): Promise<ClosedLoopResult> {
  const startedAt = performance.now();
  const failures: string[] = [];
  let answered = 0;
  let open = connections.size;
  return new Promise((resolve) => {
    const next = (connection: number) => {
      connections.send(connection, (failure) => {
        if (failure === undefined) answered++;
        else failures.push(failure);
        const elapsedMs = performance.now() - startedAt;
        if (elapsedMs < durationMs && failure === undefined) next(connection);
        else if (--open === 0) resolve({ answered, elapsedMs, failures });
      });
    };
    for (let connection = 0; connection < connections.size; connection++) next(connection);
  });
}
