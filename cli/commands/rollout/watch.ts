import type { Command } from '../../command.ts';
import { stateFolder } from '../../state-folder.ts';

export const watch: Command = {
  name: 'watch',
  summary: 'the rollout of a service as it goes: releases, Pods, checks, what is still needed; until Ctrl-C',
  args: [{ name: '<service>', description: 'such as accounts' }],
  examples: [
    { line: 'parley rollout watch accounts', what: 'drawn again in its place, at most five times a second' },
    { line: 'parley rollout watch accounts | tee rollout.log', what: 'without a terminal: a line for each change' },
  ],
  async run(context, { args: [service = ''] }) {
    const { openCluster } = await import('../../cluster.ts');
    const { watchRollout } = await import('../../rollout/watch.ts');
    const cluster = await openCluster(stateFolder(context).kubeconfig);
    await watchRollout(context, cluster, service, () => false);
    return 'ok';
  },
};
