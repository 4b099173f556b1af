import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { PersistentVolumeClaim } from 'kubernetes-types/core/v1.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../test-clock.ts';
import { expand } from './environment.ts';
import { rewriteMounts } from './mounts.ts';
import { parseQuantity } from './quantity.ts';
import { forever, openTestNode, script, statusOf, type TestNode, testNamespace } from './test-node.ts';

describe('rewriteMounts', () => {
  const mounts = [
    { mountPath: '/etc/app', realPath: '/s/app' },
    { mountPath: '/etc/app/tls/', realPath: '/s/tls' },
    { mountPath: '/tmp', realPath: '/s/tmp' },
  ];
  it.each([
    ['/etc/app', '/s/app'],
    ['/etc/app/a.json', '/s/app/a.json'],
    ['/etc/app/tls/key.pem', '/s/tls/key.pem'],
    ['/etc/application', '/etc/application'],
    ['--config=/etc/app/a.json', '--config=/s/app/a.json'],
    ['/tmp:/etc/app', '/s/tmp:/s/app'],
    ['http://host/etc/app', 'http://host/etc/app'],
  ])('%s is %s', (text, expected) => {
    expect(rewriteMounts(text, mounts)).toBe(expected);
  });
});

describe('values', () => {
  it('expands what is known, keeps what is not, and unescapes', () => {
    expect(expand('$(A) $(B) $$(A) $A', { A: '1' })).toBe('1 $(B) $(A) $A');
  });

  it.each([
    ['250m', 0.25],
    ['64Mi', 67_108_864],
    ['1.5Gi', 1_610_612_736],
    [2, 2],
    ['1k', 1000],
  ])('quantity %s', (text, value) => {
    expect(parseQuantity(text)).toBe(value);
  });

  it('refuses what is no quantity', () => {
    expect(() => parseQuantity('a lot')).toThrow('"a lot" is no quantity');
  });
});

describe('data of a Pod', () => {
  let node: TestNode;
  beforeEach(async () => {
    node = await openTestNode();
  });
  afterEach(() => node.close());
  const configMap = (name: string, data: Record<string, string>) =>
    node.store.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: testNamespace }, data });

  it('a missing reference is named, and the Pod starts as soon as it is there', async () => {
    const env = [
      { name: 'COLOUR', valueFrom: { configMapKeyRef: { name: 'paint', key: 'colour' } } },
      { name: 'NONE', valueFrom: { secretKeyRef: { name: 'none', key: 'x', optional: true } } },
    ];
    node.create('web', {
      containers: [
        script(`console.log(process.env.COLOUR, process.env.NONE, process.env.P_size); ${forever}`, {
          env,
          envFrom: [{ prefix: 'P_', configMapRef: { name: 'paint' } }],
        }),
      ],
    });
    const waiting = await node.until('the reason', 'web', (pod) => statusOf(pod)?.state?.waiting?.message);
    expect(waiting).toContain('configmap "paint" not found; create it');
    expect(statusOf(node.pod('web')!)?.state?.waiting?.reason).toBe('CreateContainerConfigError');
    const map = configMap('paint', { size: 'L' });
    await node.until('the key is named', 'web', (pod) =>
      statusOf(pod)?.state?.waiting?.message?.includes(
        "couldn't find key colour in ConfigMap exchange/paint; it has: size",
      ),
    );
    node.store.update({ ...map, data: { size: 'L', colour: 'red' } });
    await node.until('it runs', 'web', (pod) => statusOf(pod)?.state?.running);
    expect(await follow('web', 'red')).toBe('red undefined L');
  });

  async function follow(name: string, wanted: string): Promise<string> {
    const stop = new AbortController();
    const seen: string[] = [];
    for await (const chunk of node.runtime.logs.open(testNamespace, name, '', { follow: true }, stop.signal)) {
      seen.push(Buffer.from(chunk).toString().trim());
      if (seen.at(-1)?.includes(wanted)) break;
    }
    return seen.at(-1) ?? '';
  }

  it('volumes are folders, their paths are rewritten, and a changed ConfigMap is written again', async () => {
    const map = configMap('settings', { 'a.json': '{"v":1}', other: 'x' });
    node.store.create({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'tls', namespace: testNamespace },
      data: { key: Buffer.from('s3cret').toString('base64') },
    });
    node.store.create({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data', namespace: testNamespace },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    });
    const code = `const fs = require('node:fs');
      fs.appendFileSync(process.env.DATA + '/file', 'x'); fs.writeFileSync(process.env.SCRATCH + '/y', '');
      console.log(fs.readFileSync(process.argv[1] , 'utf8'), fs.readFileSync(process.env.KEY, 'utf8'), fs.readFileSync(process.env.INFO, 'utf8')); ${forever}`;
    const spec = {
      volumes: [
        { name: 'settings', configMap: { name: 'settings', items: [{ key: 'a.json', path: 'sub/a.json' }] } },
        { name: 'tls', secret: { secretName: 'tls' } },
        { name: 'info', downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
        { name: 'data', persistentVolumeClaim: { claimName: 'data' } },
        { name: 'scratch', emptyDir: {} },
      ],
      containers: [
        {
          ...script(code),
          args: ['-e', code, '/etc/app/sub/a.json'],
          env: [
            { name: 'KEY', value: '/etc/tls/key' },
            { name: 'INFO', value: '/etc/info/labels' },
            { name: 'DATA', value: '/var/lib/data' },
            { name: 'SCRATCH', value: '/scratch' },
          ],
          volumeMounts: [
            { name: 'settings', mountPath: '/etc/app' },
            { name: 'tls', mountPath: '/etc/tls' },
            { name: 'info', mountPath: '/etc/info' },
            { name: 'data', mountPath: '/var/lib/data', subPath: 'pg' },
            { name: 'scratch', mountPath: '/scratch' },
          ],
        },
      ],
    };
    node.create('web', spec, { labels: { app: 'web' } });
    await node.until('it runs', 'web', (pod) => statusOf(pod)?.state?.running);
    expect(await follow('web', 's3cret')).toBe('{"v":1} s3cret app="web"');
    const claim = node.store.get<PersistentVolumeClaim>('PersistentVolumeClaim', 'data', testNamespace);
    expect(claim?.status).toMatchObject({ phase: 'Bound', capacity: { storage: '1Gi' } });
    expect(node.store.get('PersistentVolume', claim?.spec?.volumeName ?? '')?.status).toEqual({ phase: 'Bound' });
    const { uid } = node.pod('web')!.metadata;
    const file = path.join(node.dir, 'pods', uid, 'volumes/settings/sub/a.json');
    expect(existsSync(path.join(node.dir, 'pods', uid, 'volumes/settings/other'))).toBe(false);
    node.store.update({ ...map, data: { 'a.json': '{"v":2}' } });
    await eventually('the new content', () => readFileSync(file, 'utf8') === '{"v":2}');
    node.store.delete('Pod', 'web', testNamespace);
    await node.gone('web');
    await eventually(
      'the data stays',
      () => readFileSync(path.join(node.dir, 'volumes/exchange/data/pg/file'), 'utf8') === 'x',
    );
  });

  it('a claim that is missing is named', async () => {
    node.create('web', {
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'none' } }],
      containers: [script(forever)],
    });
    const waiting = await node.until('the reason', 'web', (pod) => statusOf(pod)?.state?.waiting?.message);
    expect(waiting).toContain('persistentvolumeclaim "none" not found');
  });
});
