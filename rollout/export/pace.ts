/** How often and how long the other engines look. They have no evidence by request, so that these are a choice, the same for both. */
export const pace = {
  /** Between two looks; Flagger takes less for 10 s (pkg/apis/flagger/v1beta1/canary.go, GetAnalysisInterval). */
  intervalMs: 10_000,
  /** Looks in a row that a stage has to stand, at the least. */
  goodLooks: 3,
  /** Bad looks that are tolerated in a stage under Argo Rollouts, whose own default is none; one more ends it. */
  toleratedLooks: 2,
  /**
   * Bad looks that end a Canary. Flagger counts those without a value as well, and a rate needs two scrapes after the first request, so
   * that fewer would condemn what nobody has looked at yet.
   */
  failedLooks: 5,
} as const;

/** Looks that fill the time, both ends counted, and never fewer than are wanted of any stage. */
export function looksIn(durationMs: number): number {
  return Math.max(pace.goodLooks, Math.ceil(durationMs / pace.intervalMs) + 1);
}

/** `10s`: of whole seconds, as Prometheus, Flagger and Argo Rollouts take it alike. */
export function wholeSeconds(ms: number): string {
  return `${Math.ceil(ms / 1000)}s`;
}
