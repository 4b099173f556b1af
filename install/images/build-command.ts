import type { ReleaseImage } from './release-image.ts';

/** What `make images PLATFORMS=` may name. */
export const knownPlatforms = ['linux/amd64', 'linux/arm64'] as const;
export type Platform = (typeof knownPlatforms)[number];

/** Arguments of `docker` that build an image for the engine's own platform, into the engine. */
export function buildCommand(image: ReleaseImage, dockerfile: string): string[] {
  return ['build', ...what(image, dockerfile)];
}

/** Arguments of `docker` that build an image for several platforms and push it: no engine can hold it under one tag. */
export function pushCommand(image: ReleaseImage, dockerfile: string, platforms: readonly Platform[]): string[] {
  return ['buildx', 'build', '--platform', platforms.join(','), '--push', ...what(image, dockerfile)];
}

function what({ tag, folder, bases, labels }: ReleaseImage, dockerfile: string): string[] {
  return [
    ...['--progress', 'plain', '--file', dockerfile, '--tag', tag],
    ...['--build-arg', `NODE_IMAGE=${bases.node}`, '--build-arg', `BASE_IMAGE=${bases.base}`],
    ...Object.entries(labels).flatMap(([key, value]) => ['--label', `${key}=${value}`]),
    folder,
  ];
}
