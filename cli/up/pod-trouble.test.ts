import type { Pod } from 'kubernetes-types/core/v1.js';
import { expect, test } from 'vitest';
import { podTrouble } from './pod-trouble.ts';

const labels = { 'app.kubernetes.io/name': 'accounts', 'app.kubernetes.io/version': '2.0.0' };
const pod = (name: string, reason: string | undefined, more: object = {}): Pod => ({
  metadata: { name, labels: { ...labels, 'pod-template-hash': 'x' } },
  status: {
    containerStatuses: [
      {
        name: 'accounts',
        image: 'parley/accounts:2.0.0',
        imageID: '',
        ready: false,
        restartCount: 0,
        state: reason ? { waiting: { reason, message: 'no such image' } } : { running: {} },
        ...more,
      },
    ],
  },
});

test('Pods that start have no trouble, and those of others do not count', () => {
  expect(podTrouble([pod('a', undefined), pod('b', 'ContainerCreating')], labels)).toBeUndefined();
  expect(podTrouble([pod('a', 'ErrImagePull')], { 'app.kubernetes.io/name': 'orders' })).toBeUndefined();
});

test('an image that cannot be had lasts, and comes before a crash, which may pass', () => {
  const crashed = pod('a', 'CrashLoopBackOff', {
    lastState: { terminated: { exitCode: 3, reason: 'Error' } },
  });
  expect(podTrouble([crashed], labels)).toEqual({
    text: 'Pod a, container accounts: CrashLoopBackOff: last exit code 3',
    lasting: false,
  });
  expect(podTrouble([crashed, pod('b', 'ImagePullBackOff')], labels)).toEqual({
    text: 'Pod b, container accounts: ImagePullBackOff: no such image',
    lasting: true,
  });
});
