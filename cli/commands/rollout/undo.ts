import type { Command } from '../../command.ts';
import { stateFolder } from '../../state-folder.ts';

export const undo: Command = {
  name: 'undo',
  summary: 'back to the release that was there before the last promotion, at once',
  args: [{ name: '<service>', description: 'such as accounts' }],
  options: [
    { flags: '--timeout <duration>', description: 'how long to wait until it has all traffic', default: '60s' },
  ],
  outputs: ['text', 'json'],
  examples: [
    { line: 'parley rollout undo accounts', what: 'once that release is ready it gets everything, without stages' },
  ],
  async run(context, { args: [service = ''], text, output }) {
    const { parseDuration } = await import('../../duration.ts');
    const { openCluster } = await import('../../cluster.ts');
    const { carryOutAsk } = await import('../../rollout/carry-out-ask.ts');
    const { requireRollout } = await import('../../rollout/rollouts.ts');
    const { requireNotServing } = await import('../../rollout/start.ts');
    const { undoOf } = await import('../../rollout/undo.ts');
    const { placeRelease } = await import('../../up/change-plan.ts');
    const timeoutMs = parseDuration(text('timeout') ?? '60s', '--timeout');
    const cluster = await openCluster(stateFolder(context).kubeconfig);
    const { patch, release, attempt } = undoOf(await requireRollout(cluster, service));
    await requireNotServing(cluster, service, release);
    await placeRelease(context, cluster, service, release, timeoutMs);
    const reply = `rollout '${service}' undone: ${release} has all traffic`;
    const asked = { patch, reply, outcome: 'Promoted', attempt } as const;
    return carryOutAsk(context, cluster, { service, ...asked, timeoutMs, output });
  },
};
