import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, succeed } from '../program.ts';
import { commandsAt, homeOf, type KindPlace } from './place.ts';

/**
 * `node keeper.ts PLACE`: takes the cluster of a run away when its stdin ends, which also happens when the run is killed. What
 * should not have been left is said on stdout, and the exit is 1.
 */
async function keep(place: KindPlace): Promise<void> {
  for await (const _chunk of process.stdin); // Nothing is ever said: only the end counts.
  const { attempt, env } = await commandsAt(place);
  const down = await attempt(['down']);
  const clusters = (await succeed(['kind', 'get', 'clusters'], { env })).stdout.split('\n');
  const left = [
    ...(clusters.includes(place.cluster) ? [`the cluster ${place.cluster}`] : []),
    ...(existsSync(join(homeOf(place), 'kubeconfig')) ? ['its kubeconfig'] : []),
  ];
  if (clusters.includes(place.cluster)) await succeed(['kind', 'delete', 'cluster', '--name', place.cluster], { env });
  rmSync(place.root, { recursive: true, force: true });
  if (left.length === 0) return;
  process.stdout.write(`parley down left ${left.join(' and ')}\n${describe(['parley', 'down'], down)}\n`);
  process.exitCode = 1;
}

// The run may be gone, and nobody reads any more.
process.stdout.on('error', () => undefined);
process.on('SIGINT', () => undefined);
await keep(JSON.parse(process.argv[2] ?? '') as KindPlace);
