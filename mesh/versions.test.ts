import { expect, test } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import { supportsKubernetes, versionFit, versions } from './versions.ts';

test('the node image of kind is pinned by digest and is a Kubernetes that both meshes support', () => {
  const match = /^kindest\/node:v(1\.\d+)\.\d+@sha256:[0-9a-f]{64}$/.exec(versions.kind.nodeImage);
  const kubernetes = match?.[1] ?? '';
  for (const mesh of Object.values(versions.meshes)) expect(supportsKubernetes(mesh.kubernetes, kubernetes)).toBe(true);
});

test('the common range is the overlap of the ranges of the meshes', () => {
  const minors = Array.from({ length: 20 }, (_, index) => `1.${25 + index}`);
  const common = minors.filter((each) => supportsKubernetes(versions.kubernetes, each));
  const both = minors.filter((each) =>
    Object.values(versions.meshes).every((mesh) => supportsKubernetes(mesh.kubernetes, each)),
  );
  expect(common).toEqual(both);
  expect(common).toEqual(['1.32', '1.33', '1.34', '1.35']);
});

test('a version that is none is refused', () => {
  expect(() => supportsKubernetes(versions.kubernetes, 'latest')).toThrow('`latest` is no Kubernetes version');
});

test('the image of the edge is that of the pinned Envoy', () => {
  expect(versions.envoy.image).toBe(`envoyproxy/envoy:distroless-v${versions.envoy.version}`);
});

test.each([
  ['1.31.1', '1.31.1', 'same'],
  ['1.31.1', '1.31.0', 'other patch'],
  ['1.31.1', '1.30.4', 'older'],
  ['1.31.1', '1.32.0-rc.1', 'newer'],
  ['0.33.0', 'v0.33.0', 'same'],
  ['edge-26.6.3', 'edge-26.6.1', 'other patch'],
  ['edge-26.6.3', 'edge-26.9.1', 'newer'],
  ['edge-26.6.3', 'edge-25.12.1', 'older'],
] as const)('pinned %s, found %s: %s', (pinned, found, fit) => {
  expect(versionFit(pinned, found)).toBe(fit);
});

test('what is no version is not compared', () => {
  expect(() => versionFit('1.31.1', 'unknown')).toThrow('`unknown` is no version such as 1.31.1');
});

test('the images of releases have the Node that runs everything else, from the same Debian as their base', () => {
  expect(versions.images.node.image).toBe(`node:${manifest.dependencies.node}-bookworm-slim`);
  expect(versions.images.base.image).toContain('debian12');
});
