import { expect, test } from 'vitest';
import { versions } from '../mesh/versions.ts';
import { judge, lookForTool, requireTools, type Tool, tools, versionIn } from './tools.ts';

test.each([
  ['kind v0.33.0 go1.26.1 linux/amd64', 'v0.33.0'],
  ['client version: 1.31.1', '1.31.1'],
  ['1.31.0\n', '1.31.0'],
  ['edge-26.6.3', 'edge-26.6.3'],
  ['20.10.24+dfsg1', '20.10.24'],
  ['unavailable', undefined],
])('the version in %j is %s', (text, version) => {
  expect(versionIn(text)).toBe(version);
});

test.each([
  [tools.istioctl, '1.31.1', 'good'],
  [tools.istioctl, '1.31.0', 'other'],
  [tools.istioctl, '1.30.4', 'refused'],
  [tools.istioctl, '1.32.0', 'refused'],
  [tools.linkerd, 'edge-26.6.3', 'good'],
  [tools.linkerd, 'edge-26.9.1', 'refused'],
  [tools.linkerd, 'unavailable', 'refused'],
  [tools.kind, 'kind v0.32.0 go1.26', 'refused'],
  [tools.kind, 'kind v0.34.0 go1.26', 'other'],
  [tools.docker, '20.10.24+dfsg1', 'good'],
] as const)('%o with %s is %s', (tool, printed, state) => {
  expect(judge(tool, printed).state).toBe(state);
});

const env = { PATH: process.env.PATH };
const never = new AbortController().signal;
const printing = (text: string): Tool => ({
  ...tools.istioctl,
  program: 'sh',
  versionArgs: ['-c', `printf '%s' "${text}"`],
});

test('a tool that is not there, or fails, is absent, with its own words', async () => {
  const missing = await lookForTool({ ...tools.kind, program: 'no-such-kind' }, env, never);
  expect(missing).toEqual({ state: 'absent', why: 'no-such-kind is not on PATH' });
  const failing: Tool = { ...tools.docker, program: 'sh', versionArgs: ['-c', 'echo Cannot connect >&2; exit 1'] };
  expect(await lookForTool(failing, env, never)).toMatchObject({
    state: 'absent',
    why: expect.stringContaining('Cannot connect'),
  });
});

test('another patch is a note; another minor version is refused with what to install', async () => {
  expect(await requireTools([printing('1.31.0')], env, never)).toEqual(['sh is 1.31.0, parley is tested with 1.31.1']);
  await expect(requireTools([printing('1.29.2')], env, never)).rejects.toMatchObject({
    code: 'ToolVersion',
    message: `sh cannot be used: 1.29.2 is older than ${versions.meshes.istio.version}, which this kit is made for`,
    hint: expect.stringContaining('releases/tag/1.31.1'),
  });
});
