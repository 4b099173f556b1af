import type { Job, JobCondition, JobStatus } from 'kubernetes-types/batch/v1.js';
import type { Pod } from 'kubernetes-types/core/v1.js';
import { timestamp } from '../clock.ts';
import { condition, withCondition } from '../objects/conditions.ts';
import { isActive, isReady, restarts } from '../objects/pods.ts';
import type { Stored } from '../store/types.ts';
import { type Controller, type ControllerContext, ownerKey } from './controller.ts';
import { type JobState, type JobStep, jobStep } from './job-step.ts';
import { ownedPods, podFromTemplate } from './owned-pods.ts';

const firstRetryMs = 1000;
const lastRetryMs = 360_000;

/** Runs Pods to completion. Failed Pods are replaced after 1 s, doubling to 6 min (a cluster starts at 10 s). */
export function jobController(context: ControllerContext): Controller {
  const { store, clock } = context;
  return {
    kind: 'Job.batch',
    watches: { Pod: ({ object }) => ownerKey(object, 'Job') },
    reconcile({ namespace, name }) {
      const job = store.get<Job>('Job.batch', name, namespace);
      if (job === undefined || job.metadata.deletionTimestamp !== undefined) return undefined;
      const now = clock.now();
      if (isDone(job)) return expire(context, job);
      const pods = ownedPods(store, job);
      const startTime = job.spec?.suspend ? undefined : (job.status?.startTime ?? timestamp(now));
      const state = stateOf(job, pods, startTime === undefined ? 0 : now - Date.parse(startTime));
      const step = unsupported(job) ?? jobStep(state);
      const waitMs = step.kind === 'scale' && step.difference > 0 ? retryInMs(pods, now) : 0;
      if (waitMs === 0) perform(context, job, step, pods.filter(isActive));
      report(context, job, step, startTime);
      if (waitMs > 0) return waitMs;
      return state.deadlineMs === undefined ? undefined : Math.max(1, state.deadlineMs - state.runningMs);
    },
  };
}

function unsupported(job: Stored<Job>): Extract<JobStep, { kind: 'fail' }> | undefined {
  const { completionMode, podFailurePolicy, successPolicy, backoffLimitPerIndex } = job.spec ?? {};
  const field =
    completionMode === 'Indexed'
      ? 'spec.completionMode: Indexed'
      : podFailurePolicy !== undefined
        ? 'spec.podFailurePolicy'
        : successPolicy !== undefined
          ? 'spec.successPolicy'
          : backoffLimitPerIndex !== undefined
            ? 'spec.backoffLimitPerIndex'
            : undefined;
  if (field === undefined) return undefined;
  const message = `${field} is not supported by the embedded cluster: remove it, or use a Kubernetes cluster`;
  return { kind: 'fail', reason: 'BackoffLimitExceeded', message };
}

function stateOf(job: Stored<Job>, pods: readonly Stored<Pod>[], runningMs: number): JobState {
  const { parallelism = 1, completions, backoffLimit = 6, suspend = false, activeDeadlineSeconds } = job.spec ?? {};
  const failed = pods.filter((pod) => pod.status?.phase === 'Failed').length;
  const inPlace = job.spec?.template.spec?.restartPolicy === 'OnFailure';
  return {
    parallelism,
    completions: completions ?? (parallelism === 1 ? 1 : undefined),
    backoffLimit,
    suspended: suspend,
    active: pods.filter(isActive).length,
    succeeded: pods.filter((pod) => pod.status?.phase === 'Succeeded').length,
    failures: failed + (inPlace ? pods.filter(isActive).reduce((sum, pod) => sum + restarts(pod), 0) : 0),
    runningMs,
    deadlineMs: activeDeadlineSeconds === undefined ? undefined : activeDeadlineSeconds * 1000,
  };
}

/** How long the next Pod still has to wait after the failures so far. */
function retryInMs(pods: readonly Stored<Pod>[], nowMs: number): number {
  const failed = pods.filter((pod) => pod.status?.phase === 'Failed');
  if (failed.length === 0) return 0;
  const ends = failed.flatMap((pod) =>
    (pod.status?.containerStatuses ?? []).map((status) => Date.parse(status.state?.terminated?.finishedAt ?? '')),
  );
  const last = Math.max(...ends.filter((end) => !Number.isNaN(end)), 0);
  return Math.max(0, last + Math.min(lastRetryMs, firstRetryMs * 2 ** (failed.length - 1)) - nowMs);
}

function perform(context: ControllerContext, job: Stored<Job>, step: JobStep, active: readonly Stored<Pod>[]): void {
  const { store, events } = context;
  const surplus =
    step.kind === 'fail' ? active : step.kind === 'scale' ? active.slice(0, Math.max(0, -step.difference)) : [];
  for (const { metadata } of surplus) {
    store.delete('Pod', metadata.name, metadata.namespace);
    events.record(job, { type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted pod: ${metadata.name}` });
  }
  const { name, uid } = job.metadata;
  for (let index = 0; step.kind === 'scale' && job.spec !== undefined && index < step.difference; index += 1) {
    const pod = podFromTemplate(job, job.spec.template, { generateName: `${name}-` });
    const jobLabels = {
      'batch.kubernetes.io/controller-uid': uid,
      'batch.kubernetes.io/job-name': name,
      'controller-uid': uid,
      'job-name': name,
    };
    const labels = { ...pod.metadata.labels, ...jobLabels };
    const created = store.create({ ...pod, metadata: { ...pod.metadata, labels } });
    events.record(job, {
      type: 'Normal',
      reason: 'SuccessfulCreate',
      message: `Created pod: ${created.metadata.name}`,
    });
  }
}

function report(
  { store, clock, events }: ControllerContext,
  job: Stored<Job>,
  step: JobStep,
  startTime?: string,
): void {
  const now = timestamp(clock.now());
  const pods = ownedPods(store, job);
  const put = (entry: JobCondition) => withCondition(job.status?.conditions, { lastProbeTime: now, ...entry }, now);
  const active = pods.filter(isActive);
  const status: JobStatus = {
    ...(startTime === undefined ? {} : { startTime }),
    active: active.length,
    ready: active.filter(isReady).length,
    succeeded: pods.filter((pod) => pod.status?.phase === 'Succeeded').length,
    failed: pods.filter((pod) => pod.status?.phase === 'Failed').length + (step.kind === 'fail' ? active.length : 0),
    conditions: job.status?.conditions,
  };
  if (step.kind === 'complete') {
    const message = 'Reached expected number of succeeded pods';
    status.completionTime = now;
    status.conditions = put({ type: 'Complete', status: 'True', reason: 'CompletionsReached', message });
    events.record(job, { type: 'Normal', reason: 'Completed', message: 'Job completed' });
  } else if (step.kind === 'fail') {
    status.conditions = put({ type: 'Failed', status: 'True', reason: step.reason, message: step.message });
    events.record(job, { type: 'Warning', reason: step.reason, message: step.message });
  }
  store.updateStatus<Job>({ ...job, status });
}

function isDone(job: Stored<Job>): boolean {
  return ['Complete', 'Failed'].some((type) => condition(job.status?.conditions, type)?.status === 'True');
}

/** Deletes a finished Job after spec.ttlSecondsAfterFinished. */
function expire({ store, clock }: ControllerContext, job: Stored<Job>): number | undefined {
  const ttlSeconds = job.spec?.ttlSecondsAfterFinished;
  if (ttlSeconds === undefined) return undefined;
  const done = job.status?.conditions?.find(({ type }) => type === 'Complete' || type === 'Failed');
  const leftMs = Date.parse(done?.lastTransitionTime ?? '') + ttlSeconds * 1000 - clock.now();
  if (leftMs > 0) return leftMs;
  store.delete('Job.batch', job.metadata.name, job.metadata.namespace);
  return undefined;
}
