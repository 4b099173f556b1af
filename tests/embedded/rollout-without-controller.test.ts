import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSite, type Site } from './site.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite({ PARLEY_ROLLOUTS: 'off' });
  await site.parley('up', '--target', 'embedded');
});
afterAll(() => site.stop());

test('a rollout that no controller takes up is told of, with what to type', async () => {
  const started = await site.attempt(['rollout', 'start', 'accounts', '2.0.0']);
  expect(started, started.stderr).toMatchObject({ code: 0 });
  const { code, stderr } = await site.attempt(['rollout', 'status', 'accounts', '--watch']);
  expect(code, stderr).toBe(1);
  expect(stderr).toContain("rollout 'accounts': no controller has looked at it");
  expect(stderr).toContain('parley up --rollouts on');
  const aborted = await site.attempt(['rollout', 'abort', 'accounts']);
  expect(aborted).toMatchObject({ code: 1, stderr: expect.stringContaining('no controller has looked at it') });
});
