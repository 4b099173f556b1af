import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { createKinds } from './kinds.ts';
import { openStore } from './object-store.ts';

/** Writes without end and prints each acknowledged resourceVersion. */
const writer = `
  import { writeSync } from 'node:fs';
  import { createKinds } from ${JSON.stringify(new URL('./kinds.ts', import.meta.url).href)};
  import { openStore } from ${JSON.stringify(new URL('./object-store.ts', import.meta.url).href)};
  const store = openStore({ file: process.argv[1], clock: Date, kinds: createKinds() });
  if (!store.get('Namespace', 'default')) store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  for (;;) {
    const { metadata } = store.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'c-', namespace: 'default' } });
    writeSync(1, metadata.resourceVersion + '\\n');
  }`;

async function writeUntilKilled(file: string, acknowledgements: number): Promise<number> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', writer, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let last = 0;
  let seen = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line);
    seen += 1;
    if (seen === acknowledgements) child.kill('SIGKILL');
  }
  return last;
}

test('kill -9 loses no acknowledged write', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-durability-'));
  try {
    const file = join(folder, 'store.db');
    for (const acknowledgements of [1, 50, 300]) {
      const last = await writeUntilKilled(file, acknowledgements);
      const store = openStore({ file, clock: Date, kinds: createKinds() });
      const { items, resourceVersion } = store.list('ConfigMap');
      store.close();
      expect(Number(resourceVersion)).toBeGreaterThanOrEqual(last);
      expect(items).toHaveLength(Number(resourceVersion) - 1);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
