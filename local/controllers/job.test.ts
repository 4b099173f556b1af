import type { Job } from 'kubernetes-types/batch/v1.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isActive } from '../objects/pods.ts';
import { type JobState, jobStep } from './job-step.ts';
import { createTestCluster, type TestCluster } from './test-cluster.ts';

const state = (overrides: Partial<JobState>): JobState => ({
  parallelism: 2,
  completions: 5,
  backoffLimit: 1,
  suspended: false,
  active: 0,
  succeeded: 0,
  failures: 0,
  runningMs: 0,
  deadlineMs: undefined,
  ...overrides,
});

describe('jobStep', () => {
  it.each<[string, Partial<JobState>, object]>([
    ['fills its parallelism', {}, { kind: 'scale', difference: 2 }],
    ['starts no more than are left', { succeeded: 4 }, { kind: 'scale', difference: 1 }],
    ['ends', { succeeded: 5 }, { kind: 'complete' }],
    ['gives up', { failures: 2 }, { kind: 'fail', reason: 'BackoffLimitExceeded' }],
    ['runs out of time', { runningMs: 10, deadlineMs: 10 }, { kind: 'fail', reason: 'DeadlineExceeded' }],
    ['rests while suspended', { suspended: true, active: 2 }, { kind: 'scale', difference: -2 }],
    [
      'without completions, one success stops new Pods',
      { completions: undefined, succeeded: 1, active: 1 },
      { kind: 'scale', difference: 0 },
    ],
    ['without completions, ends with the last Pod', { completions: undefined, succeeded: 1 }, { kind: 'complete' }],
  ])('%s', (_title, overrides, expected) => {
    expect(jobStep(state(overrides))).toMatchObject(expected);
  });
});

describe('Job', () => {
  let cluster: TestCluster;
  beforeEach(async () => {
    cluster = await createTestCluster();
    cluster.autoReady = false;
  });
  afterEach(() => cluster.stop());
  const job = () => cluster.store.get<Job>('Job.batch', 'migrate', 'exchange');
  const create = (spec: Partial<Job['spec']>) =>
    cluster.store.create({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'migrate', namespace: 'exchange' },
      spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: 'x' }] } }, ...spec },
    });
  const active = () => cluster.pods().filter(isActive);

  it('retries a failed Pod after a back-off, completes, and goes after its ttl', async () => {
    create({ ttlSecondsAfterFinished: 5 });
    await cluster.settle();
    cluster.finish(active()[0]!, 'Failed');
    await cluster.settle();
    expect(active()).toHaveLength(0);
    cluster.clock.advance(1000);
    await cluster.settle();
    expect(active()).toHaveLength(1);
    cluster.finish(active()[0]!, 'Succeeded');
    await cluster.settle();
    expect(job()?.status).toMatchObject({
      succeeded: 1,
      failed: 1,
      active: 0,
      conditions: [{ type: 'Complete', status: 'True' }],
    });
    cluster.clock.advance(5000);
    cluster.autoReady = true;
    await cluster.settle();
    expect(job()).toBeUndefined();
    expect(cluster.pods()).toEqual([]);
  });

  it('fails after backoffLimit', async () => {
    create({ backoffLimit: 0 });
    await cluster.settle();
    cluster.finish(active()[0]!, 'Failed');
    await cluster.settle();
    expect(job()?.status?.conditions).toMatchObject([{ type: 'Failed', reason: 'BackoffLimitExceeded' }]);
  });

  it('fails after activeDeadlineSeconds and ends its Pods', async () => {
    create({ activeDeadlineSeconds: 10 });
    await cluster.settle();
    cluster.clock.advance(10_000);
    await cluster.settle();
    expect(job()?.status?.conditions).toMatchObject([{ type: 'Failed', reason: 'DeadlineExceeded' }]);
    expect(active()).toEqual([]);
  });

  it('refuses indexed completion by field', async () => {
    create({ completionMode: 'Indexed', completions: 2 });
    await cluster.settle();
    expect(job()?.status?.conditions?.[0]?.message).toContain('spec.completionMode: Indexed is not supported');
  });
});
