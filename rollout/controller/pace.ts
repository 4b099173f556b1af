/** Holds back writes that only show progress: so many a second for one rollout, and for all. */
export interface Pace {
  /** Whether this rollout may write now, if it has something to write. */
  isDue(key: string, nowMs: number): boolean;
  /** It writes now. */
  take(key: string, nowMs: number): void;
  forget(key: string): void;
}

const ofOneMs = 250;
const ofAllMs = 50;

/** Four writes a second of one rollout, twenty of all of them. */
export function createPace(): Pace {
  const last = new Map<string, number>();
  let nextMs = 0;
  return {
    isDue: (key, nowMs) => nowMs >= nextMs && nowMs - (last.get(key) ?? 0) >= ofOneMs,
    take(key, nowMs) {
      last.set(key, nowMs);
      nextMs = Math.max(nowMs, nextMs + ofAllMs);
    },
    forget: (key) => void last.delete(key),
  };
}
