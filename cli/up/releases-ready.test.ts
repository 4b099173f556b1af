import type { Pod } from 'kubernetes-types/core/v1.js';
import { expect, test } from 'vitest';
import type { RunningDeployment } from '../plan.ts';
import { describeWaiting } from './releases-ready.ts';

const labels = { 'app.kubernetes.io/name': 'accounts', 'app.kubernetes.io/version': '2.0.0' };
const deployment = (conditions: { type: string; status: string; message: string }[] = []): RunningDeployment => ({
  metadata: { name: 'accounts-2-0-0', generation: 1, labels },
  spec: { replicas: 1, selector: {}, template: {} },
  status: { observedGeneration: 1, updatedReplicas: 1, availableReplicas: 0, conditions },
});
const pod = (name: string, own: Readonly<Record<string, string>>, reason: string): Pod => ({
  metadata: { name, labels: own },
  status: {
    containerStatuses: [
      { name: 'main', image: '', imageID: '', ready: false, restartCount: 0, state: { waiting: { reason } } },
    ],
  },
});

test('says what is missing, and which Pod keeps it waiting, even when that is one of others', () => {
  const postgres = pod('postgres-0', { 'app.kubernetes.io/name': 'postgres' }, 'CrashLoopBackOff');
  expect(describeWaiting([deployment()], [], new Map(), 0)).toBe('accounts-2-0-0: 0 of 1 Pods ready');
  expect(describeWaiting([deployment()], [postgres], new Map(), 60_000)).toBe(
    'accounts-2-0-0: 0 of 1 Pods ready; Pod postgres-0, container main: CrashLoopBackOff',
  );
});

test('an image that cannot be had fails after a while, but not when it comes in time', () => {
  const missing = [pod('a', labels, 'ErrImagePull')];
  const since = new Map<string, number>();
  const at = (nowMs: number, pods: Pod[]) => describeWaiting([deployment()], pods, since, nowMs);
  at(0, missing);
  at(29_000, []);
  at(30_000, missing);
  expect(at(59_000, missing)).toContain('ErrImagePull');
  expect(() => at(60_000, missing)).toThrow('accounts-2-0-0 does not get on: Pod a, container main: ErrImagePull');
});

test('a Deployment that has given up fails with the reason of its Pod, else with its own', () => {
  const given = { type: 'Progressing', status: 'False', message: 'has timed out progressing' };
  const fail = (pods: Pod[]) => () =>
    describeWaiting([deployment([given])], pods, new Map([['accounts-2-0-0', 0]]), 60_000);
  expect(fail([])).toThrow('does not get on: has timed out progressing');
  expect(fail([pod('a', labels, 'CrashLoopBackOff')])).toThrow('does not get on: Pod a, container main: CrashLoop');
});
