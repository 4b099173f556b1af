import { InstallError } from '../install-error.ts';
import { callProgram } from '../program.ts';
import { fullName } from './image-name.ts';

/** How docker and kind are run. */
export interface EngineOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** What a failed docker command wrote, and what to type then; the first that fits. */
const knownFailures: readonly { readonly pattern: RegExp; readonly hint: string }[] = [
  {
    pattern: /cannot connect to the docker daemon|permission denied.*docker\.sock/i,
    hint: 'Start the Docker engine, or join the group docker; then type: docker info',
  },
  {
    pattern: /buildx component is missing|'buildx' is not a docker command|unknown flag: --platform/i,
    hint: 'Install the buildx plug-in (Debian and Ubuntu: apt install docker-buildx), then type: docker buildx version',
  },
  {
    pattern: /multi-platform build is not supported|multiple platforms feature is currently not supported/i,
    hint: 'Type: docker buildx create --use',
  },
  {
    pattern: /unauthorized|authentication required|no basic auth|denied: requested access/i,
    hint: 'Type: docker login, with the name of the registry',
  },
  { pattern: /no space left on device/i, hint: 'Type: docker system df' },
  {
    pattern:
      /failed to resolve source metadata|failed to load cache key|failed to do request|pull access denied|manifest unknown/i,
    hint: 'The base images cannot be had. See what is there with `docker image ls`, and name it in PARLEY_NODE_IMAGE and PARLEY_BASE_IMAGE',
  },
];

/**
 * Runs docker to its end and returns its stdout. BuildKit is on; attestations are off, because they would make an index of an image,
 * which `kind load` cannot take (https://github.com/kubernetes-sigs/kind/issues/3795).
 * Throws InstallError with docker's last lines and the hint that fits them.
 */
export async function docker(args: readonly string[], { env, signal }: EngineOptions): Promise<string> {
  const buildEnv = { ...env, DOCKER_BUILDKIT: '1', BUILDX_NO_DEFAULT_ATTESTATIONS: '1' };
  const missingHint = 'Install Docker: https://docs.docker.com/engine/install/';
  try {
    return await callProgram({
      program: 'docker',
      args,
      env: buildEnv,
      signal,
      hint: 'Type: docker info',
      missingHint,
    });
  } catch (error) {
    throw withHint(error);
  }
}

/** The same failure with the hint for what docker wrote, if that is known. */
export function withHint(error: unknown): unknown {
  if (!(error instanceof InstallError) || !(error.cause instanceof Error)) return error;
  const { code, message, cause } = error;
  const known = knownFailures.find(({ pattern }) => pattern.test(cause.message));
  return known ? new InstallError(code, message, { cause, hint: known.hint }) : error;
}

/** Full names of all images with a tag that the engine has. */
export async function imagesInEngine(options: EngineOptions): Promise<ReadonlySet<string>> {
  const listed = await docker(['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}'], options);
  return new Set(listed.split('\n').filter(Boolean).map(fullName));
}
