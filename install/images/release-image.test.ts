import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { catalogue } from '../../charts/catalogue-sample.ts';
import { versions } from '../../mesh/versions.ts';
import { baseImages, contentDigest, type ImageContent, labelsOf, tagOf } from './release-image.ts';

const content: ImageContent = {
  files: { Dockerfile: 'aa', 'main.mjs': 'bb', 'main.mjs.map': 'cc' },
  bases: { node: 'node:24', base: 'debian:12' },
  labels: { one: '1', two: '2' },
};

test('the digest is 12 hexadecimal digits, the same for the same content in any order', () => {
  expect(contentDigest(content)).toMatch(/^[0-9a-f]{12}$/);
  const turned = { ...content, labels: { two: '2', one: '1' } };
  expect(contentDigest(turned)).toBe(contentDigest(content));
});

test.each<[string, ImageContent]>([
  ['the code', { ...content, files: { ...content.files, 'main.mjs': 'bd' } }],
  ['the source map', { ...content, files: { ...content.files, 'main.mjs.map': 'cd' } }],
  ['the Dockerfile', { ...content, files: { ...content.files, Dockerfile: 'ab' } }],
  ['where node comes from', { ...content, bases: { ...content.bases, node: 'node:25' } }],
  ['the base', { ...content, bases: { ...content.bases, base: 'debian:13' } }],
  ['a label', { ...content, labels: { ...content.labels, two: '3' } }],
  ['values that changed places', { ...content, bases: { node: 'debian:12', base: 'node:24' } }],
])('another digest when it differs in: %s', (_, other) => {
  expect(contentDigest(other)).not.toBe(contentDigest(content));
});

test('the tag is the version and the digest, behind the prefix of a registry', () => {
  expect(tagOf('parley/orders:1.4.0', '3f9a2c41b7d0')).toBe('parley/orders:1.4.0-3f9a2c41b7d0');
  const pushed = 'registry.test:5000/team/parley/orders:1.4.0-3f9a2c41b7d0';
  for (const prefix of ['registry.test:5000/team', 'registry.test:5000/team/']) {
    expect(tagOf('parley/orders:1.4.0', '3f9a2c41b7d0', prefix)).toBe(pushed);
  }
});

test('the bases are those of the table unless the environment names others', () => {
  const { node, base } = versions.images;
  expect(baseImages({ PARLEY_BASE_IMAGE: '' })).toEqual({ node: node.image, base: base.image });
  expect(baseImages({ PARLEY_BASE_IMAGE: 'debian:12', PARLEY_NODE_IMAGE: 'node:24' })).toEqual(content.bases);
});

test('labels say what the image is, and nothing that differs from one build to the next', () => {
  expect(labelsOf('parley/accounts:2.1.0-errors', catalogue, content.bases, 'Apache-2.0')).toEqual({
    'org.opencontainers.image.title': 'parley/accounts',
    'org.opencontainers.image.version': '2.1.0-errors',
    'org.opencontainers.image.description': 'rehearsal release of accounts: one answer in five is an error',
    'org.opencontainers.image.licenses': 'Apache-2.0',
    'org.opencontainers.image.base.name': 'docker.io/library/debian:12',
    'dev.parley.service': 'accounts',
  });
  const sound = labelsOf('parley/accounts:2.0.0', catalogue, content.bases, 'Apache-2.0');
  expect(sound['org.opencontainers.image.description']).toBe('accounts, http, contracts v1, v2');
});

test('a release that the catalogue does not have is named with the file that should have it', () => {
  const attempt = () => labelsOf('parley/accounts:9.0.0', catalogue, content.bases, 'Apache-2.0');
  expect(attempt).toThrow('services/accounts/service.json has no release 9.0.0');
});

test('the Dockerfile starts what image.json says, and needs nothing that has to be pulled or emulated', () => {
  const dockerfile = readFileSync(join(import.meta.dirname, 'Dockerfile'), 'utf8');
  const entrypoint: unknown = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(dockerfile)?.[1] ?? '');
  expect(entrypoint).toEqual(['/usr/local/bin/node', '--enable-source-maps', 'main.mjs']);
  expect(dockerfile).not.toMatch(/^# *syntax|^RUN/im);
  expect(dockerfile).toMatch(/^USER 10001:10001$/m);
});
