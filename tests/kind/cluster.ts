import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { freePorts } from '../../local/daemon/free-ports.ts';
import { describe } from '../program.ts';
import { testPlace } from '../target.ts';
import { commandsAt, type KindPlace, upArguments } from './place.ts';

/** Makes the one kind cluster of a run by `parley up`; it is gone at the end, whatever the tests said and however the run ended. */
export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  if (!process.env.PARLEY_TEST_LINKERD_CRDS) {
    const why = 'PARLEY_TEST_LINKERD_CRDS (`linkerd install --crds` in a file) is not set';
    process.stdout.write(`left out: tests/kind/linkerd-objects.test.ts: ${why}\n`);
  }
  const root = mkdtempSync(join(tmpdir(), 'parley-kind-'));
  mkdirSync(join(root, 'scratch'));
  const [httpPort, httpsPort] = (await freePorts(2)) as [number, number];
  const place: KindPlace = { root, cluster: `parley-test-${process.pid}`, httpPort, httpsPort };
  const end = keeperOf(place);
  const up = upArguments(testPlace().mesh);
  try {
    const finished = await (await commandsAt(place)).attempt(up);
    if (finished.code !== 0) throw new Error(describe(['parley', ...up], finished));
    const seconds = (finished.durationMs / 1000).toFixed(1);
    process.stdout.write(`kind cluster ${place.cluster}: up in ${seconds} s\n${finished.stderr}\n`);
  } catch (error) {
    await end();
    throw error;
  }
  provide('kindPlace', place);
  return end;
}

/** A process of its own, out of the reach of Ctrl-C, that takes the cluster away; resolves to what makes it do so. */
function keeperOf(place: KindPlace): () => Promise<void> {
  const program = join(import.meta.dirname, 'keeper.ts');
  const keeper: ChildProcess = spawn(process.execPath, [program, JSON.stringify(place)], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const said: Buffer[] = [];
  keeper.stdout?.on('data', (chunk: Buffer) => said.push(chunk));
  return async () => {
    const closed = once(keeper, 'close');
    keeper.stdin?.end();
    const [code] = (await closed) as [number | null];
    if (code !== 0) throw new Error(`${Buffer.concat(said).toString('utf8')}the cluster's keeper ended with ${code}`);
  };
}
