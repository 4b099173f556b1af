import type { Pod } from 'kubernetes-types/core/v1.js';
import { edgeName } from '../../mesh/intent.ts';
import type { Command, CommandContext } from '../command.ts';
import { type ExchangeStatus, exchangeStatus, podHoles, serviceStates } from '../exchange-status.ts';
import { colorsFor } from '../output/color.ts';
import { writeDocument } from '../output/document.ts';
import { namespace } from '../routes.ts';
import { stateFolder } from '../state-folder.ts';
import { edgeAddresses } from '../target/addresses.ts';
import { whatRuns } from '../target/what-runs.ts';

export const status: Command = {
  name: 'status',
  summary: 'what runs, where, with which weights, and which methods are on',
  outputs: ['text', 'json', 'yaml'],
  examples: [
    { line: 'parley status', what: 'exits 3 when something is not ready' },
    { line: "parley status -o json | jq '.services[] | {name, releases}'", what: 'for scripts' },
  ],
  async run(context, { output }) {
    const seen = await lookAt(context);
    if (output !== 'text') await writeDocument(context.stdout, output, 'Status', { ...seen });
    else {
      const { statusScreen } = await import('../output/status-screen.ts');
      context.stdout.write(statusScreen(seen, colorsFor(context.stdout, context.env)));
      if (!seen.target.running) context.stderr.write('  Type: parley up\n');
    }
    return seen.target.running && seen.services.every(settled) ? 'ok' : 'findings';
  },
};

function settled({ releases, pending }: ExchangeStatus['services'][number]): boolean {
  return pending === undefined && releases.every(({ ready, replicas }) => ready >= replicas);
}

/** The target that this state folder belongs to, and the exchange in it. */
async function lookAt(context: CommandContext): Promise<ExchangeStatus> {
  const target = await whatRuns(context);
  if (!target.running) return exchangeStatus(target, []);
  const { openCluster } = await import('../cluster.ts');
  const { observe } = await import('../plan.ts');
  const { choicesInForce } = await import('../rendering.ts');
  const cluster = await openCluster(stateFolder(context).kubeconfig);
  const { mesh } = await choicesInForce(cluster, context);
  const edge = edgeAddresses(context)?.http ?? `${edgeName}.${namespace}.svc`;
  const { listRollouts } = await import('../rollout/rollouts.ts');
  const services = serviceStates(await observe(cluster), `http://${edge}`, await listRollouts(cluster));
  const holes = podHoles(await cluster.list<Pod>('v1', 'Pod', namespace));
  return exchangeStatus({ ...target, mesh }, services, holes);
}
