import { expect, test } from 'vitest';
import { InstallError } from '../install-error.ts';
import { docker, withHint } from './engine.ts';

test.each([
  ['Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?', 'docker info'],
  ["docker: 'buildx' is not a docker command.", 'docker buildx version'],
  ['ERROR: BuildKit is enabled but the buildx component is missing or broken.', 'docker buildx version'],
  ['ERROR: Multi-platform build is not supported for the docker driver.', 'docker buildx create --use'],
  ['push access denied: insufficient_scope\ndenied: requested access to the resource is denied', 'docker login'],
  ['write /blob: no space left on device', 'docker system df'],
  ['#3 ERROR: failed to do request: Head "https://gcr.io/v2/": dial tcp: no such host', 'PARLEY_BASE_IMAGE'],
])('%s', (written, hint) => {
  const failure = new InstallError('ProgramFailed', 'docker build: exit code 1', {
    cause: new Error(`#1 loading\n${written}`),
    hint: 'Type: docker info',
  });
  expect(withHint(failure)).toMatchObject({ code: 'ProgramFailed', message: failure.message, cause: failure.cause });
  expect((withHint(failure) as InstallError).hint).toContain(hint);
});

test('a failure that is not known keeps the hint that it has', () => {
  const failure = new InstallError('ProgramFailed', 'docker', { cause: new Error('oops'), hint: 'Type: docker info' });
  expect(withHint(failure)).toBe(failure);
});

test('no docker on PATH: says so, and where to get it', async () => {
  const options = { env: { PATH: '/nowhere' }, signal: new AbortController().signal };
  await expect(docker(['info'], options)).rejects.toMatchObject({
    code: 'ProgramMissing',
    hint: expect.stringContaining('docs.docker.com'),
  });
});
