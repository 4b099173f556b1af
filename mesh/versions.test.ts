import { expect, test } from 'vitest';
import { supportsKubernetes, versions } from './versions.ts';

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
