import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { copyContext } from './kubeconfig.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-kubeconfig-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const base64 = (text: string) => Buffer.from(text).toString('base64');

function own(name: string, user: object): string {
  const file = join(folder, `${name}.yaml`);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [
      { name: `c-${name}`, cluster: { server: `https://${name}.test`, 'certificate-authority': `${name}.crt` } },
    ],
    users: [{ name: `u-${name}`, user }],
    contexts: [{ name, context: { cluster: `c-${name}`, user: `u-${name}` } }],
  };
  writeFileSync(join(folder, `${name}.crt`), `authority of ${name}`);
  writeFileSync(file, stringify(config));
  return file;
}

test('one context is copied with the files that it names put in, and only the owner reads it', async () => {
  writeFileSync(join(folder, 'me.key'), 'my key');
  const files = [
    own('first', { token: 't' }),
    own('second', { 'client-key': 'me.key', 'client-certificate-data': base64('me') }),
  ];
  const before = files.map((file) => readFileSync(file, 'utf8'));
  const target = join(folder, 'home', 'kubeconfig');
  await copyContext({ KUBECONFIG: files.join(':') }, 'second', target);
  const copied = JSON.parse(readFileSync(target, 'utf8')) as Record<string, unknown>;
  expect(copied).toMatchObject({
    'current-context': 'second',
    contexts: [{ name: 'second' }],
    clusters: [
      { cluster: { server: 'https://second.test', 'certificate-authority-data': base64('authority of second') } },
    ],
    users: [{ user: { 'client-key-data': base64('my key'), 'client-certificate-data': base64('me') } }],
  });
  expect(JSON.stringify(copied)).not.toContain('first');
  expect(statSync(target).mode & 0o777).toBe(0o600);
  expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual(before);
});

test('a context that is not there is refused with those that are', async () => {
  await expect(copyContext({ KUBECONFIG: own('first', {}) }, 'frist', join(folder, 'k'))).rejects.toMatchObject({
    exit: 'usage',
    message: 'frist: your kubeconfig has no such context. Did you mean first?',
    hint: 'Known: first.',
  });
  await expect(copyContext({ KUBECONFIG: '/no/such/file' }, 'x', join(folder, 'k'))).rejects.toThrow('no such context');
});

test('of two files with the same names the first counts, as for kubectl', async () => {
  const files = [own('first', { token: 't' }), own('second', {})];
  const again = join(folder, 'again.yaml');
  writeFileSync(again, readFileSync(files[0] ?? '', 'utf8').replaceAll('first.test', 'other.test'));
  const target = join(folder, 'kubeconfig');
  await copyContext({ KUBECONFIG: [...files, again].join(':') }, 'first', target);
  expect(readFileSync(target, 'utf8')).toContain('https://first.test');
});
