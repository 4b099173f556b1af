import { expect, test } from 'vitest';
import { buildCommand, pushCommand } from './build-command.ts';

const image = {
  name: 'parley/orders:1.4.0',
  tag: 'registry.test/parley/orders:1.4.0-3f9a2c41b7d0',
  folder: '/clone/dist/images/parley/orders/1.4.0',
  bases: { node: 'node:24', base: 'debian:12' },
  labels: { 'org.opencontainers.image.description': 'orders, grpc, contracts v1' },
};
const what = [
  ...['--progress', 'plain', '--file', '/clone/Dockerfile', '--tag', image.tag],
  ...['--build-arg', 'NODE_IMAGE=node:24', '--build-arg', 'BASE_IMAGE=debian:12'],
  ...['--label', 'org.opencontainers.image.description=orders, grpc, contracts v1', image.folder],
];

test('for the engine itself: docker build', () => {
  expect(buildCommand(image, '/clone/Dockerfile')).toEqual(['build', ...what]);
});

test('for several platforms: docker buildx, which pushes', () => {
  const line = pushCommand(image, '/clone/Dockerfile', ['linux/amd64', 'linux/arm64']);
  expect(line).toEqual(['buildx', 'build', '--platform', 'linux/amd64,linux/arm64', '--push', ...what]);
});
