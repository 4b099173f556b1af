import type { Command } from '../../command.ts';
import { colorsFor } from '../../output/color.ts';
import { writeDocument } from '../../output/document.ts';
import { stateFolder } from '../../state-folder.ts';

export const list: Command = {
  name: 'list',
  summary: 'every rollout and how it stands; the same as `parley rollout` alone',
  outputs: ['text', 'json', 'yaml'],
  examples: [
    { line: 'parley rollout', what: 'one line for each service that was ever rolled out' },
    { line: "parley rollout -o json | jq '.rollouts[] | {service, phase}'", what: 'for scripts' },
  ],
  async run(context, { output }) {
    const { openCluster } = await import('../../cluster.ts');
    const { lookAtRollouts } = await import('../../rollout/look.ts');
    const cluster = await openCluster(stateFolder(context).kubeconfig);
    const rollouts = await lookAtRollouts(cluster);
    if (output !== 'text') await writeDocument(context.stdout, output, 'Rollouts', { rollouts });
    else if (rollouts.length === 0) {
      context.stdout.write('there are no rollouts\n');
      context.stderr.write('  Type: parley rollout start accounts 2.0.0\n');
    } else {
      const { rolloutListScreen } = await import('../../output/rollout-list-screen.ts');
      const drawing = { colors: colorsFor(context.stdout, context.env), nowMs: context.epochMs() };
      context.stdout.write(rolloutListScreen(rollouts, drawing));
    }
    return 'ok';
  },
};
