import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { address } from './addresses.ts';
import { type Fleet, openFleet } from './fleet.ts';

let fleet: Fleet;
beforeEach(async () => {
  fleet = await openFleet();
});
afterEach(() => fleet.end());

const web = { name: 'web-1', app: 'web', ip: address(1), port: 8080, sockets: true };
const pid = () => JSON.parse(readFileSync(join(fleet.dir('web-1'), 'sidecar/process.json'), 'utf8')).pid as number;

test('a sidecar that an older kit started, and which counts other things, is started again; the same one is kept', async () => {
  const pod = await fleet.run(web);
  const adopt = async () => {
    await fleet.reopen();
    await fleet.sidecars.start(pod, { uid: pod.metadata.uid, ip: web.ip, dir: fleet.dir('web-1') });
    return pid();
  };
  const first = pid();
  expect(await adopt()).toBe(first);
  const file = join(fleet.dir('web-1'), 'sidecar/bootstrap.json');
  const now = readFileSync(file, 'utf8');
  writeFileSync(file, now.replace('{"prefix":"calls."}', '{"prefix":"none."}'));
  expect(await adopt()).not.toBe(first);
  expect(readFileSync(file, 'utf8')).toBe(now);
});
