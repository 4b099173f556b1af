import { closeSync, existsSync, mkdirSync, openSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { files } from '../sidecar/resource.ts';
import { eventually } from '../test-clock.ts';
import { forever, openTestNode, script, type TestNode } from './test-node.ts';

let node: TestNode;

beforeEach(async () => {
  node = await openTestNode();
});
afterEach(() => node.close());

it('the log of a sidecar is rotated like that of a container: twice the limit at most', async () => {
  const pod = node.create('web', { containers: [script(forever)] });
  await node.until('it runs', 'web', ({ status }) => status?.phase === 'Running');
  const log = path.join(node.dir, 'pods', pod.metadata.uid, files.log);
  mkdirSync(path.dirname(log), { recursive: true });
  const megabyte = Buffer.alloc(2 ** 20, 'x');
  // As an Envoy has it: open for appending the whole time.
  const descriptor = openSync(log, 'a');
  for (let round = 0; round < 2; round += 1) {
    for (let written = 0; written < 9; written += 1) writeSync(descriptor, megabyte);
    await eventually(
      'rotated',
      () => statSync(log).size === 0,
      () => statSync(log).size,
    );
    expect(existsSync(`${log}.1`) && statSync(`${log}.1`).size).toBe(9 * 2 ** 20);
  }
  writeSync(descriptor, 'goes on');
  closeSync(descriptor);
  expect(statSync(log).size).toBe('goes on'.length);
});
