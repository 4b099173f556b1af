import { expect, test } from 'vitest';
import type { Stored } from '../../store/types.ts';
import { age } from './age.ts';
import { podColumns, podStatus } from './pod-columns.ts';

const meta = { name: 'p', uid: 'u', resourceVersion: '1', generation: 1, creationTimestamp: '2030-01-01T00:00:00Z' };
const pod = (status: object, spec: object = {}, metadata: object = {}): Stored => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { ...meta, ...metadata },
  spec: { containers: [{ name: 'a' }], ...spec },
  status,
});
const container = (state: object, rest: object = {}) => ({ name: 'a', ready: false, restartCount: 0, state, ...rest });

test.each<[string, Stored]>([
  ['Pending', pod({ phase: 'Pending' })],
  [
    'ContainerCreating',
    pod({ phase: 'Pending', containerStatuses: [container({ waiting: { reason: 'ContainerCreating' } })] }),
  ],
  [
    'CrashLoopBackOff',
    pod({ phase: 'Running', containerStatuses: [container({ waiting: { reason: 'CrashLoopBackOff' } })] }),
  ],
  ['Running', pod({ phase: 'Running', containerStatuses: [container({ running: {} }, { ready: true })] })],
  ['Error', pod({ phase: 'Failed', containerStatuses: [container({ terminated: { exitCode: 1, reason: 'Error' } })] })],
  ['ExitCode:3', pod({ phase: 'Failed', containerStatuses: [container({ terminated: { exitCode: 3 } })] })],
  ['Signal:9', pod({ phase: 'Failed', containerStatuses: [container({ terminated: { exitCode: 137, signal: 9 } })] })],
  [
    'Completed',
    pod({ phase: 'Succeeded', containerStatuses: [container({ terminated: { exitCode: 0, reason: 'Completed' } })] }),
  ],
  ['Evicted', pod({ phase: 'Failed', reason: 'Evicted' })],
  [
    'Init:0/1',
    pod({ phase: 'Pending', initContainerStatuses: [container({ running: {} })] }, { initContainers: [{ name: 'a' }] }),
  ],
  [
    'Init:Error',
    pod({ phase: 'Pending', initContainerStatuses: [container({ terminated: { exitCode: 1, reason: 'Error' } })] }),
  ],
  ['Terminating', pod({ phase: 'Running' }, {}, { deletionTimestamp: '2030-01-01T00:00:30Z' })],
])('STATUS %s', (shown, object) => {
  expect(podStatus(object)).toBe(shown);
});

test('READY counts native sidecars, RESTARTS says when the last one was', () => {
  const now = Date.parse('2030-01-01T00:05:00Z');
  const object = pod(
    {
      phase: 'Running',
      initContainerStatuses: [{ ...container({ running: {} }, { ready: true, started: true }), name: 's' }],
      containerStatuses: [
        container(
          { running: {} },
          { restartCount: 2, lastState: { terminated: { exitCode: 1, finishedAt: '2030-01-01T00:04:20Z' } } },
        ),
      ],
    },
    { initContainers: [{ name: 's', restartPolicy: 'Always' }] },
  );
  const cells = Object.fromEntries(podColumns().Pod!.map(({ name, cell }) => [name, cell(object, now)]));
  expect(cells).toMatchObject({ Ready: '1/2', Restarts: '2 (40s ago)', Age: '5m', IP: '<none>' });
});

test.each([
  [0, '0s'],
  [119, '119s'],
  [120, '2m'],
  [150, '2m30s'],
  [3600, '60m'],
  [3 * 3600, '3h'],
  [4 * 3600 + 300, '4h5m'],
  [30 * 3600, '30h'],
  [49 * 3600, '2d1h'],
  [9 * 86_400, '9d'],
  [800 * 86_400, '2y70d'],
])('age of %d seconds is %s', (seconds, shown) => {
  expect(age(seconds * 1000)).toBe(shown);
});
