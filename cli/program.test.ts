import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commandNames } from './commands.ts';

const parley = join(import.meta.dirname, '../bin/parley');
let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'parley-cli-'));
});
afterAll(() => rmSync(home, { recursive: true }));

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}, program = parley) {
  const environment = { PATH: process.env.PATH ?? '', PARLEY_HOME: join(home, 'state'), ...env };
  const { status, stdout, stderr } = spawnSync(program, args, { env: environment, encoding: 'utf8', input: '' });
  return { status, stdout, stderr };
}

test.each([
  [['version'], 0],
  [['help'], 0],
  [['help', 'exit-codes'], 0],
  [['status'], 3],
  [['down'], 0],
  [['kubeconfig'], 1],
  [['try'], 1],
  [['token'], 1],
  [['edges'], 1],
  [['dashboard', 'grafana'], 1],
  [['dashboard', 'grafna'], 2],
  [['dashboard', 'jaeger', '--port', 'x'], 2],
  [['apply'], 1],
  [['up', '--target', 'moon'], 2],
  [['up', '--mesh', 'net'], 2],
  [['up', '--timeout', 'soon'], 2],
  [['split', 'accounts'], 2],
  [['split', 'accounts', 'x'], 2],
  [['release', 'acounts', '2.0.0'], 1],
  [['load', '--kinds', 'smtp'], 2],
  [['load', '--rps', '0'], 2],
  [['logs', '--tail', 'x'], 2],
  [['images', '--push', 'r.test', '--platforms', 'linux/s390x'], 2],
  [['images', '--platforms', 'linux/arm64'], 2],
  [['render', '--env', 'moon'], 2],
  [['version', '-o', 'xml'], 2],
  [['completion', 'tcsh'], 2],
  [['try', 'rst'], 2],
  [['nonsense'], 2],
  [['rollout'], 1],
  [['rollout', 'stat'], 2],
  [['rollout', 'status', 'accounts'], 1],
  [['rollout', 'status'], 2],
  [['rollout', 'start', 'accounts'], 2],
  [['rollout', 'start', 'accounts', '2.0.0', '--steps', 'x'], 2],
  [['rollout', 'start', 'accounts', '2.0.0', '-f', 'rollout.yaml'], 2],
  [['rollout', 'start', '-f', '/no/such/file'], 2],
  [['rollout', 'explain', 'accounts', '--attempt', '0'], 2],
  [['rollout', 'promote', 'accounts', '--timeout', 'soon'], 2],
  [['rollout', 'demo', '--rps', '0'], 2],
  [['up', 'and', 'away'], 2],
] as const)(
  'parley %j exits %i',
  (args, code) => {
    const { status, stdout, stderr } = run(args);
    expect(status, stdout + stderr).toBe(code);
    if (code === 1 || code === 2) {
      expect(stderr, 'says what it was').toMatch(/^parley: /m);
      expect(stderr, 'and what to type').toMatch(/Type: |Write |Known: |Name a file/);
      expect(stdout).toBe('');
    }
  },
  20_000,
);

test('TARGET and MESH choose, and unknown ones are refused with the known', () => {
  const noEngine = { DOCKER_HOST: 'unix:///no/such/socket' };
  const kind = run(['up'], { TARGET: 'kind', ...noEngine });
  expect(kind.status).toBe(1);
  expect(kind.stderr).toMatch(/^parley: docker cannot be used: .*\n {2}Type: parley up --target embedded/ms);
  expect(readdirSync(join(home, 'state')), 'what failed its checks claims nothing').not.toContain('target.json');
  expect(run(['up'], { TARGET: 'kin' })).toMatchObject({
    status: 2,
    stderr: 'parley: kin: unknown target. Did you mean kind?\n  Known: embedded, kind, context.\n',
  });
  expect(run(['up'], { MESH: 'x' }).stderr).toContain('Known: istio, linkerd.');
});

test('JSON is alone on stdout and says its version and kind', () => {
  for (const args of [['version'], ['status'], ['check'], ['down']]) {
    const { stdout } = run([...args, '-o', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({ apiVersion: 'parley.dev/v1alpha1', kind: expect.any(String) });
  }
});

test('render prints nothing but the objects, the same bytes twice', () => {
  const first = run(['render']);
  expect(first).toMatchObject({ status: 0, stderr: '' });
  expect(first.stdout.startsWith('---\napiVersion:')).toBe(true);
  expect(run(['render']).stdout).toBe(first.stdout);
});

test('every command is in the help, and has examples in its own', () => {
  const { stdout } = run(['help']);
  for (const name of commandNames) expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
  expect(run(['help', 'split']).stdout).toContain('Examples:\n  parley split accounts 1.4.0=90 2.0.0=10');
  expect(run(['help', 'rollout']).stdout).toMatch(/^ {2}promote\b/m);
  expect(run(['help', 'rollout', 'start']).stdout).toContain('Examples:\n  parley rollout start accounts 2.0.0');
  expect(run(['rollout', 'strat']).stderr).toBe(
    'parley: strat: no such command of rollout. Did you mean start?\n  Type: parley help rollout\n',
  );
  expect(run(['help', 'exit-codes']).stdout).toMatch(/^ {3}4 {2}timeout/m);
});

test('is found through a symlink, also a relative one', () => {
  symlinkSync(parley, join(home, 'one'));
  symlinkSync('one', join(home, 'two'));
  expect(run(['version'], {}, join(home, 'two'))).toMatchObject({ status: 0, stderr: '' });
});

test('colours: off for a pipe, on by force, off again by --color', () => {
  const ansi = '\u001b[';
  expect(run(['check']).stdout).not.toContain(ansi);
  expect(run(['check'], { FORCE_COLOR: '1' }).stdout).toContain(ansi);
  expect(run(['check'], { FORCE_COLOR: '1', NO_COLOR: '1' }).stdout).not.toContain(ansi);
  expect(run(['check', '--color', 'never'], { FORCE_COLOR: '1' }).stdout).not.toContain(ansi);
  expect(run(['check', '--color', 'always']).stdout).toContain(ansi);
});

test('the completion of bash is a script that bash takes, and knows verbs, options and services', () => {
  const script = run(['completion', 'bash']).stdout;
  const ask = (words: string, index: number) =>
    spawnSync(
      'bash',
      ['-c', `${script}\nCOMP_WORDS=(${words}) COMP_CWORD=${index}\n_parley\necho "\${COMPREPLY[@]}"`],
      {
        encoding: 'utf8',
      },
    ).stdout.trim();
  expect(ask('parley sp', 1)).toBe('split');
  expect(ask('parley split acc', 2)).toBe('accounts');
  expect(ask('parley load --du', 2)).toBe('--duration');
  expect(ask('parley rollout ab', 2)).toBe('abort');
  expect(ask('parley rollout watch acc', 3)).toBe('accounts');
  expect(ask('parley rollout start accounts --st', 4)).toBe('--strategy --steps');
});

test('needs no build step: the launcher is plain sh and executable', () => {
  expect(readFileSync(parley, 'utf8').startsWith('#!/bin/sh\n')).toBe(true);
});
