/** A Job as far as its next step depends on it. Counts are of Pods. */
export interface JobState {
  readonly parallelism: number;
  /** undefined = any one success is enough, and then no more Pods are started. */
  readonly completions: number | undefined;
  readonly backoffLimit: number;
  readonly suspended: boolean;
  readonly active: number;
  readonly succeeded: number;
  /** Failed Pods, or restarts of containers when they are restarted in place. */
  readonly failures: number;
  /** Milliseconds since status.startTime, and the limit of activeDeadlineSeconds. */
  readonly runningMs: number;
  readonly deadlineMs: number | undefined;
}

export type JobStep =
  | { readonly kind: 'complete' }
  | { readonly kind: 'fail'; readonly reason: 'BackoffLimitExceeded' | 'DeadlineExceeded'; readonly message: string }
  /** Change the number of active Pods by `difference`. */
  | { readonly kind: 'scale'; readonly difference: number };

/** The next step of a Job (https://kubernetes.io/docs/concepts/workloads/controllers/job/). Pure. */
export function jobStep(state: JobState): JobStep {
  if (state.deadlineMs !== undefined && state.runningMs >= state.deadlineMs) {
    return { kind: 'fail', reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' };
  }
  if (state.failures > state.backoffLimit) {
    return { kind: 'fail', reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' };
  }
  const { completions, succeeded, active } = state;
  if (completions === undefined ? succeeded > 0 && active === 0 : succeeded >= completions) return { kind: 'complete' };
  if (state.suspended) return { kind: 'scale', difference: -active };
  const left = completions === undefined ? (succeeded > 0 ? active : state.parallelism) : completions - succeeded;
  return { kind: 'scale', difference: Math.min(state.parallelism, left) - active };
}
