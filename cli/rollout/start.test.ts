import { expect, test } from 'vitest';
import { rolloutIn } from './rollout-file.ts';
import { analysing, ended, sampleRollout } from './sample.ts';
import { retried } from './start.ts';

const asked = { service: 'accounts', candidate: '2.0.0' } as const;

test('the same candidate again is a retry once its attempt has ended', () => {
  expect(retried(asked, sampleRollout(ended('RolledBack')))).toEqual({ ...asked, retry: 1 });
  expect(retried(asked, sampleRollout(ended('RolledBack'), { retry: 4 }))).toEqual({ ...asked, retry: 5 });
  expect(retried({ ...asked, retry: 9 }, sampleRollout(ended('RolledBack')))).toEqual({ ...asked, retry: 9 });
});

test('an attempt that is at work, or another candidate, is no retry', () => {
  expect(retried(asked, sampleRollout(analysing))).toEqual(asked);
  const said = { retry: 2, paused: true } as const;
  expect(retried(asked, sampleRollout(analysing, said)), 'what people said stays').toEqual({ ...asked, ...said });
  expect(retried({ ...asked, candidate: '2.1.0' }, sampleRollout(ended('Promoted')))).toEqual({
    ...asked,
    candidate: '2.1.0',
  });
});

const file = (more: object = {}) =>
  JSON.stringify({
    apiVersion: 'parley.dev/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'accounts' },
    spec: asked,
    ...more,
  });

test('other words about the same candidate begin anew', () => {
  const other = { ...asked, strategy: { blueGreen: {} } };
  expect(retried(other, sampleRollout(analysing, { paused: true }))).toEqual({ ...other, retry: 1 });
  expect(retried(asked, sampleRollout(analysing, { strategy: { blueGreen: {} } }))).toEqual({ ...asked, retry: 1 });
});

test('a file is one Rollout of the exchange', () => {
  expect(rolloutIn(file(), 'rollout.yaml')).toEqual(asked);
  const refused: readonly [string, RegExp][] = [
    [file({ kind: 'Canary' }), /kind is parley.dev\/v1alpha1 Canary instead of/],
    [`${file()}\n---\n${file()}`, /2 objects instead of one/],
    [file({ metadata: { name: 'accounts', namespace: 'default' } }), /namespace is default instead of exchange/],
    [file({ spec: { candidate: '2.0.0' } }), /spec.service and spec.candidate must be there/],
    [file({ spec: { ...asked, service: 'orders' } }), /and name the service/],
  ];
  for (const [text, message] of refused) expect(() => rolloutIn(text, 'rollout.yaml')).toThrow(message);
});
