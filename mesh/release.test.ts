import { expect, test } from 'vitest';
import { gatewayDuration, linkerdDuration } from './duration.ts';
import { compareReleases, releaseName, releasePattern } from './release.ts';

test('a release is named after its service and its version, dots as dashes', () => {
  expect(releaseName('accounts', '2.1.0-errors')).toBe('accounts-2-1-0-errors');
});

test('versions are ordered by number, a rehearsal before the release it rehearses', () => {
  const versions = ['2.0.0', '10.0.0', '2.1.0-latency', '1.4.0', '2.1.0', '2.1.0-errors'];
  expect(versions.sort(compareReleases)).toEqual([
    '1.4.0',
    '2.0.0',
    '2.1.0-errors',
    '2.1.0-latency',
    '2.1.0',
    '10.0.0',
  ]);
});

test.each(['1', 'latest', '1.2', 'v1.2.3', '1.2.3+build', '1.2.3-'])('%s is no version', (text) => {
  expect(releasePattern.test(text)).toBe(false);
});

test.each([
  [1, '1ms', '1ms'],
  [999, '999ms', '999ms'],
  [1_000, '1s', '1s'],
  [1_500, '1s500ms', '1500ms'],
  [99_999_000, '99999s', '99999s'],
])('%i ms is written %s for Gateway API and %s for Linkerd', (ms, gateway, linkerd) => {
  expect([gatewayDuration(ms), linkerdDuration(ms)]).toEqual([gateway, linkerd]);
  expect(gatewayDuration(ms)).toMatch(/^([0-9]{1,5}(h|m|s|ms)){1,4}$/);
});
