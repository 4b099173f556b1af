import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Container, Pod } from 'kubernetes-types/core/v1.js';
import type { PodSandbox, Sidecars } from '../sidecar/types.ts';
import type { Stored } from '../store/types.ts';
import { declaredEnvironment, expand } from './environment.ts';
import type { Image } from './images.ts';
import { rewriteMounts } from './mounts.ts';
import { configError } from './runtime-error.ts';
import { containerMounts, type VolumeSource } from './volumes.ts';

/** What is started for a container. */
export interface Command {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** Command, arguments, environment and working directory of a container. Throws `ContainerError` for what cannot be had. */
export function containerCommand(
  source: VolumeSource & { readonly sidecars: Sidecars; readonly node: string },
  container: Container,
  image: Image,
): Command {
  const { pod, sandbox, sidecars, node } = source;
  const mounts = containerMounts(source, container);
  const place = (text: string) => rewriteMounts(text, mounts);
  const declared = { ...image.env, ...declaredEnvironment(source, container) };
  const placed = mapValues(declared, place);
  const env = { ...baseEnvironment(pod, sandbox, node), ...placed, ...sidecars.environment(pod, sandbox, placed) };
  const program = container.command?.length
    ? container.command.map((text) => place(expand(text, declared)))
    : image.command;
  const args = (container.args ?? []).map((text) => place(expand(text, declared)));
  const [file, ...rest] = [...program.map((text) => inImage(text, image)), ...args];
  if (file === undefined)
    throw configError(`spec.containers{${container.name}}.command is empty, and so is that of ${image.name}`);
  return { argv: [file, ...rest], env, cwd: workingDirectory(container, sandbox, place) };
}

/** The working directory is the Pod's; what an image calls by a relative name lies in the image's folder. */
function inImage(text: string, image: Image): string {
  const candidate = path.join(image.dir, text);
  return text !== '' && !text.startsWith('-') && !path.isAbsolute(text) && existsSync(candidate) ? candidate : text;
}

function workingDirectory(container: Container, sandbox: PodSandbox, place: (text: string) => string): string {
  if (container.workingDir === undefined || container.workingDir === '') return sandbox.dir;
  const placed = place(container.workingDir);
  if (placed !== container.workingDir) return placed;
  throw configError(
    `spec.containers{${container.name}}.workingDir: ${container.workingDir} is in no volume; leave it out: programs run in the Pod's folder`,
  );
}

/** All that a container gets beside what it declares; nothing of the daemon's own environment. */
function baseEnvironment(pod: Stored<Pod>, sandbox: PodSandbox, node: string): Record<string, string> {
  const tmp = path.join(sandbox.dir, 'tmp');
  return {
    PATH: `${path.dirname(node)}:/usr/local/bin:/usr/bin:/bin`,
    HOME: tmp,
    TMPDIR: tmp,
    HOSTNAME: pod.spec?.hostname ?? pod.metadata.name,
    // Without network namespaces 0.0.0.0 would be every Pod's address.
    HOST: sandbox.ip,
  };
}

function mapValues(values: Readonly<Record<string, string>>, map: (value: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, map(value)]));
}
