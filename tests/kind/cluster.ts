import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { freePorts } from '../../local/daemon/free-ports.ts';
import { describe, succeed } from '../program.ts';
import { testPlace } from '../target.ts';
import { commandsAt, homeOf, type KindPlace, upArguments } from './place.ts';

/** Makes the one kind cluster of a run by `parley up`, and takes it away at the end, whatever the tests said. */
export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const { mesh } = testPlace();
  const root = mkdtempSync(join(tmpdir(), 'parley-kind-'));
  mkdirSync(join(root, 'scratch'));
  const [httpPort, httpsPort] = (await freePorts(2)) as [number, number];
  const place: KindPlace = { root, cluster: `parley-test-${process.pid}`, httpPort, httpsPort };
  const commands = await commandsAt(place);
  const up = upArguments(mesh);
  const finished = await commands.attempt(up).catch(async (error: unknown) => {
    await end(place);
    throw error;
  });
  process.stdout.write(
    `kind cluster ${place.cluster}: up in ${(finished.durationMs / 1000).toFixed(1)} s\n${finished.stderr}\n`,
  );
  if (finished.code !== 0) {
    await end(place);
    throw new Error(describe(['parley', ...up], finished));
  }
  provide('kindPlace', place);
  return () => end(place);
}

/** `parley down`; a cluster that is there still is deleted all the same, and named. */
async function end(place: KindPlace): Promise<void> {
  const { attempt, env } = await commandsAt(place);
  const down = await attempt(['down']);
  const clusters = (await succeed(['kind', 'get', 'clusters'], { env })).stdout.split('\n');
  const left = clusters.includes(place.cluster);
  if (left) await succeed(['kind', 'delete', 'cluster', '--name', place.cluster], { env });
  const kubeconfigLeft = existsSync(join(homeOf(place), 'kubeconfig'));
  rmSync(place.root, { recursive: true, force: true });
  if (left) throw new Error(`parley down left the cluster ${place.cluster}\n${describe(['parley', 'down'], down)}`);
  if (kubeconfigLeft) throw new Error(`parley down left its kubeconfig\n${describe(['parley', 'down'], down)}`);
}
