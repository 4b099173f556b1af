import type { Command, CommandContext } from '../../command.ts';
import { parseDuration } from '../../duration.ts';
import { writeDocument } from '../../output/document.ts';
import { stateFolder } from '../../state-folder.ts';

export const status: Command = {
  name: 'status',
  summary: 'how the rollout of a service stands; exits 0 only when it was promoted',
  args: [{ name: '<service>', description: 'such as accounts' }],
  options: [
    { flags: '--watch', description: 'a line for each change, until it has ended' },
    { flags: '--timeout <duration>', description: 'longest wait of --watch; exits 4 (default: none)' },
  ],
  outputs: ['text', 'json', 'yaml'],
  examples: [
    { line: 'parley rollout status accounts', what: 'exits 0: promoted, 1: ended otherwise, 3: still at work' },
    { line: 'parley rollout status accounts --watch --timeout 5m', what: 'for CI: waits for the end' },
  ],
  async run(context, { args: [service = ''], flag, text, output }) {
    const timeout = text('timeout');
    const timeoutMs = timeout === undefined ? Number.POSITIVE_INFINITY : parseDuration(timeout, '--timeout');
    const { openCluster } = await import('../../cluster.ts');
    const { awaitOutcome, awaitRollout } = await import('../../rollout/await-rollout.ts');
    const cluster = await openCluster(stateFolder(context).kubeconfig);
    if (flag('watch')) {
      const see = output === 'text' ? await liner(context) : undefined;
      await awaitOutcome(context, cluster, service, { timeoutMs, ...(see ? { see } : {}) });
    } else {
      const what = `a controller that answers for ${service}`;
      await awaitRollout(context, cluster, service, what, () => undefined, { timeoutMs });
    }
    const { lookAtRollout } = await import('../../rollout/look.ts');
    const view = await lookAtRollout(cluster, service);
    if (output !== 'text') await writeDocument(context.stdout, output, 'RolloutStatus', { ...view });
    else if (!flag('watch')) {
      const { rolloutStatusLine } = await import('../../output/rollout-line.ts');
      context.stdout.write(`${rolloutStatusLine(view)}\n`);
    }
    const { exitOfPhase } = await import('../../rollout/phase.ts');
    const exit = exitOfPhase(view.phase);
    if (output === 'text' && exit === 'failed') context.stderr.write(`  Type: parley rollout explain ${service}\n`);
    return exit;
  },
};

/** Prints what changed. */
async function liner({ stdout, epochMs }: CommandContext) {
  const { rolloutLine } = await import('../../output/rollout-line.ts');
  const { viewOf } = await import('../../rollout/view.ts');
  let before = '';
  return (rollout: Parameters<typeof viewOf>[0]['rollout']) => {
    const line = rolloutLine(viewOf({ rollout, deployments: [], pods: [] }));
    if (line !== before) stdout.write(`${new Date(epochMs()).toISOString()} ${line}\n`);
    before = line;
  };
}
