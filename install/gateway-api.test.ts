import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { versions } from '../mesh/versions.ts';
import { gatewayApiStep, judgeInstalled, removeGatewayApi } from './gateway-api.ts';
import { bundleOf, loadBundle, releaseUrl } from './gateway-api-bundle.ts';
import type { Ledger } from './ledger.ts';
import type { ObjectRef, Site } from './site.ts';

const crd = (name: string, version: string, channel = 'experimental') => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name,
    annotations: {
      'gateway.networking.k8s.io/bundle-version': version,
      'gateway.networking.k8s.io/channel': channel,
    },
  },
});

const pin = versions.meshes.istio.gatewayApi;
const all = (said: string) => Array.from({ length: 6 }, () => said);

test.each([
  ['nothing', [], 'none'],
  ['the pinned bundle', all('1.6.1 experimental'), 'good'],
  ['another patch of it', all('1.6.3 experimental'), 'good'],
  ['an older one', all('1.5.1 experimental'), 'other'],
  ['the other channel', all('1.6.1 standard'), 'other'],
  ['a part of it', ['1.6.1 experimental'], 'other'],
  ['two at once', [...all('1.6.1 experimental').slice(1), '1.5.1 experimental'], 'other'],
  ['kinds that say nothing', all('no version no channel'), 'other'],
])('%s in the cluster', (_, said, state) => {
  expect(judgeInstalled(said, pin).state).toBe(state);
});

test('a release is found where the project publishes it', () => {
  expect(releaseUrl(pin)).toBe(
    'https://github.com/kubernetes-sigs/gateway-api/releases/download/v1.6.1/experimental-install.yaml',
  );
});

test('a bundle is what its resource types say, all of them alike', () => {
  const objects = [crd('a', 'v1.6.1'), crd('b', 'v1.6.1')];
  expect(bundleOf(objects, 'here')).toEqual({ version: '1.6.1', channel: 'experimental', objects });
  expect(() => bundleOf([crd('a', 'v1.6.1'), crd('b', 'v1.5.1')], 'here')).toThrow(
    'here is no bundle of the Gateway API: it holds 1.6.1 experimental and 1.5.1 experimental',
  );
  expect(() => bundleOf([], 'here')).toThrow('it holds no CustomResourceDefinition');
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-bundle-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const site = (own: string): Site => ({
  env: { PARLEY_GATEWAY_API: own },
  signal: new AbortController().signal,
  clock: { now: () => 0, sleep: async () => {} },
  home: join(folder, 'home'),
  kubeconfig: '/nowhere',
  openObjects: () => Promise.reject(new Error('no cluster is needed')),
});

test('a folder of one own serves without a download; what kustomize wants beside the objects is none of them', async () => {
  const own = join(folder, 'crds');
  mkdirSync(own);
  writeFileSync(join(own, 'b.yaml'), stringify(crd('b', 'v1.6.1')));
  writeFileSync(join(own, 'a.yml'), `---\n${stringify(crd('a', 'v1.6.1'))}---\n`);
  writeFileSync(join(own, 'kustomization.yaml'), stringify({ resources: ['a.yml', 'b.yaml'] }));
  writeFileSync(join(own, 'README.md'), 'not YAML: [');
  const { version, objects } = await loadBundle(site(own), pin);
  expect([version, ...objects.map(({ metadata }) => metadata.name)]).toEqual(['1.6.1', 'a', 'b']);
});

test('a file that is not there, or is no manifest, is named', async () => {
  const missing = join(folder, 'none.yaml');
  await expect(loadBundle(site(missing), pin)).rejects.toMatchObject({ code: 'BundleMissing' });
  const broken = join(folder, 'broken.yaml');
  writeFileSync(broken, 'kind: [');
  await expect(loadBundle(site(broken), pin)).rejects.toMatchObject({
    code: 'BadManifest',
    message: expect.stringContaining(broken),
  });
});

test('what was applied is removed also when the bundle is not there any more', async () => {
  const there = new Map<string, ObjectRef>();
  const key = ({ kind, metadata }: ObjectRef) => `${kind}/${metadata.name}`;
  const openObjects: Site['openObjects'] = async () => ({
    read: async <T>(ref: ObjectRef) => there.get(key(ref)) as T | undefined,
    serverApply: async (object) => there.set(key(object), object),
    remove: async (ref) => there.delete(key(ref)),
  });
  const own = join(folder, 'bundle.yaml');
  const kinds = ['gatewayclasses', 'gateways', 'httproutes', 'grpcroutes', 'tcproutes', 'referencegrants'];
  const status = { conditions: [{ type: 'Established', status: 'True' }] };
  const crds = [...kinds, 'xmeshes'].map((kind) => ({ ...crd(`${kind}.gateway.networking.k8s.io`, 'v1.6.1'), status }));
  writeFileSync(own, crds.map((each) => stringify(each)).join('---\n'));
  const ledger: Ledger = { state: () => undefined, begin: () => {}, finish: () => {}, forget: () => {} };
  await gatewayApiStep({ ...site(own), openObjects }, 'istio', ledger).run(() => {});
  expect(there.size).toBe(crds.length);
  rmSync(own);
  await removeGatewayApi({ ...site(own), openObjects }, 'istio');
  expect([...there.keys()]).toEqual([]);
});
