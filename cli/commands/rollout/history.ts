import type { Command } from '../../command.ts';
import { colorsFor } from '../../output/color.ts';
import { writeDocument } from '../../output/document.ts';
import { stateFolder } from '../../state-folder.ts';

export const history: Command = {
  name: 'history',
  summary: 'the last ten attempts of a service, the newest first',
  args: [{ name: '<service>', description: 'such as accounts' }],
  outputs: ['text', 'json', 'yaml'],
  examples: [{ line: 'parley rollout history accounts', what: 'explain --attempt N says more about one' }],
  async run(context, { args: [service = ''], output }) {
    const { openCluster } = await import('../../cluster.ts');
    const { requireRollout } = await import('../../rollout/rollouts.ts');
    const cluster = await openCluster(stateFolder(context).kubeconfig);
    const attempts = (await requireRollout(cluster, service)).status?.history ?? [];
    if (output !== 'text') await writeDocument(context.stdout, output, 'RolloutHistory', { service, attempts });
    else if (attempts.length === 0) context.stdout.write(`no attempt of ${service} has ended yet\n`);
    else {
      const { historyScreen } = await import('../../output/history-screen.ts');
      context.stdout.write(historyScreen(attempts, context.epochMs(), colorsFor(context.stdout, context.env)));
    }
    return 'ok';
  },
};
