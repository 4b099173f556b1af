import { join } from 'node:path';
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import { readCatalogue } from '../../charts/catalogue.ts';
import type { Commands } from '../commands.ts';
import { upArguments } from './place.ts';

const services = join(import.meta.dirname, '../../services');

/** Brings a cluster that another file has used back to the default plan: rollouts go, then weights first, then the other releases go, then `up`. */
export async function resetPlan(commands: Commands, mesh: string): Promise<void> {
  await commands.kubectl('delete', 'rollouts.parley.dev', '--all');
  const { items } = await commands.get<{ items: Deployment[] }>(
    'deployments',
    '-l',
    'app.kubernetes.io/part-of=exchange',
  );
  for (const { name, default: standard } of readCatalogue(services)) {
    const others = items
      .map(({ metadata }) => metadata?.labels ?? {})
      .filter((labels) => labels['app.kubernetes.io/name'] === name)
      .map((labels) => labels['app.kubernetes.io/version'] ?? '')
      .filter((version) => version !== standard);
    if (others.length === 0) continue;
    await commands.parley('split', name, `${standard}=100`, ...others.map((version) => `${version}=0`));
    for (const version of others) await commands.parley('release', name, version, '--remove');
  }
  await commands.parley(...upArguments(mesh));
}
