import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Pod } from 'kubernetes-types/core/v1.js';
import { afterEach, describe, expect, it } from 'vitest';
import { listProcesses, readMarker } from '../process/proc.ts';
import { createKinds } from '../store/kinds.ts';
import { openStore } from '../store/object-store.ts';
import { eventually } from '../test-clock.ts';
import { forever, openTestNode, podObject, script, statusOf, type TestNode, testNamespace } from './test-node.ts';

let node: TestNode | undefined;

afterEach(() => node?.close());

const pidsOf = (uid: string) =>
  listProcesses()
    .filter(({ pid }) => readMarker(pid)?.startsWith(uid))
    .map(({ pid }) => pid);

/** Runs a daemon in a process of its own until `ready` is on its disk, then kills it with -9. */
async function killedDaemon(pods: readonly object[], ready: (dir: string) => boolean): Promise<string> {
  const dir = mkdtempSync(path.join(tmpdir(), 'parley-runtime-'));
  const code = `
    import { writeFileSync } from 'node:fs';
    import { openTestNode } from ${JSON.stringify(path.join(import.meta.dirname, 'test-node.ts'))};
    const node = await openTestNode({ dir: ${JSON.stringify(dir)} });
    const pods = ${JSON.stringify(pods)};
    for (const pod of pods) node.store.create(pod);
    for (const { metadata } of pods) await node.until('ready', metadata.name, (pod) => pod.status?.containerStatuses?.[0]?.ready);
    writeFileSync(${JSON.stringify(path.join(dir, 'all-ready'))}, '');
    setInterval(() => {}, 1000);`;
  const daemon = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await eventually('the Pods run', () => ready(dir));
  daemon.kill('SIGKILL');
  await new Promise((resolve) => daemon.once('exit', resolve));
  return dir;
}

const folders = (dir: string) => (existsSync(path.join(dir, 'pods')) ? readdirSync(path.join(dir, 'pods')) : []);
const record = (dir: string, uid: string) => path.join(dir, 'pods', uid, 'containers/app/process.json');
const running = (dir: string) => existsSync(path.join(dir, 'all-ready'));

describe('a daemon that is started after kill -9', () => {
  it('finds its Pods running: same process, same restart count, same address', async () => {
    const dir = await killedDaemon([podObject('web', { containers: [script(forever)] })], running);
    const [uid = ''] = folders(dir);
    const before = pidsOf(uid);
    node = await openTestNode({ dir });
    const pod = await node.until('it is ready', 'web', (candidate) => statusOf(candidate)?.ready && candidate);
    expect(pidsOf(uid)).toEqual(before);
    expect(statusOf(pod)).toMatchObject({ restartCount: 0, state: { running: {} } });
    expect(pod.status?.podIP).toBe('127.199.1.1');
    process.kill(before[0]!, 'SIGKILL');
    const again = await node.until(
      'its end is seen and it is restarted',
      'web',
      (candidate) => statusOf(candidate)?.restartCount === 1 && statusOf(candidate)?.ready && candidate,
    );
    expect(statusOf(again)?.lastState?.terminated).toMatchObject({ exitCode: 137, reason: 'ContainerStatusUnknown' });
    node.store.delete('Pod', 'web', testNamespace);
    await node.gone('web');
    expect(pidsOf(uid)).toEqual([]);
  });

  it('does not take its Pods out of traffic while it begins', async () => {
    const dir = await killedDaemon([podObject('web', { containers: [script(forever)] })], running);
    const store = openStore({ file: path.join(dir, 'store.db'), clock: Date, kinds: createKinds() });
    const since = store.list('Pod').resourceVersion;
    store.close();
    node = await openTestNode({ dir });
    const readiness: unknown[] = [];
    node.store.watch<Pod>(
      'Pod',
      ({ object }) => {
        if (statusOf(object)?.state?.running && statusOf(object)?.restartCount === 0) {
          readiness.push(statusOf(object)?.ready);
        }
      },
      { since },
    );
    process.kill(pidsOf(folders(dir)[0] ?? '')[0]!, 'SIGKILL');
    await node.until('it was restarted', 'web', (pod) => statusOf(pod)?.restartCount === 1);
    expect(readiness.filter((ready) => ready !== true)).toEqual([]);
  });

  it('restarts what ended meanwhile, and ends what was deleted meanwhile', async () => {
    const pods = ['dead', 'deleted'].map((name) => podObject(name, { containers: [script(forever)] }));
    const dir = await killedDaemon(pods, running);
    const store = openStore({ file: path.join(dir, 'store.db'), clock: Date, kinds: createKinds() });
    const uidOf = (name: string) => store.get('Pod', name, testNamespace)?.metadata.uid ?? '';
    const [dead, deleted] = [uidOf('dead'), uidOf('deleted')];
    store.delete('Pod', 'deleted', testNamespace, { gracePeriodSeconds: 0 });
    store.close();
    for (const pid of pidsOf(dead)) process.kill(pid, 'SIGKILL');
    node = await openTestNode({ dir });
    await node.until('it runs again', 'dead', (pod) => statusOf(pod)?.restartCount === 1 && statusOf(pod)?.ready);
    expect(pidsOf(deleted)).toEqual([]);
    expect(folders(dir)).toEqual([dead]);
  });

  it('ends gracefully what it was about to end', async () => {
    const code = `process.on('SIGTERM', () => { require('node:fs').writeFileSync('../../term', ''); process.exit(0); }); require('node:fs').writeFileSync('tmp/up', ''); ${forever}`;
    const up = (dir: string) => folders(dir).some((uid) => existsSync(path.join(dir, 'pods', uid, 'tmp/up')));
    const dir = await killedDaemon([podObject('web', { containers: [script(code)] })], up);
    const store = openStore({ file: path.join(dir, 'store.db'), clock: Date, kinds: createKinds() });
    store.delete('Pod', 'web', testNamespace);
    store.close();
    node = await openTestNode({ dir });
    await node.gone('web');
    expect(existsSync(path.join(dir, 'term'))).toBe(true);
  });

  it('ends a process of which no record was written, and starts it anew', async () => {
    const dir = await killedDaemon([podObject('web', { containers: [script(forever)] })], running);
    const [uid = ''] = folders(dir);
    const before = pidsOf(uid);
    rmSync(record(dir, uid));
    node = await openTestNode({ dir });
    await node.until('it runs', 'web', (pod) => statusOf(pod)?.ready);
    const after = pidsOf(uid);
    expect(after).toHaveLength(1);
    expect(after).not.toEqual(before);
  });

  it('removes folders that belong to nothing', async () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'parley-runtime-'));
    mkdirSync(path.join(dir, 'pods/orphan'), { recursive: true });
    writeFileSync(path.join(dir, 'pods/orphan/sandbox.json'), '{"ip":');
    node = await openTestNode({ dir });
    expect(folders(dir)).toEqual([]);
  });
});
