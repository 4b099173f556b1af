import type { Command } from '../../command.ts';
import { usageFailure } from '../../failure.ts';
import { colorsFor } from '../../output/color.ts';
import { writeDocument } from '../../output/document.ts';
import { stateFolder } from '../../state-folder.ts';

export const explain: Command = {
  name: 'explain',
  summary: 'why a candidate was promoted or rolled back: each check with its numbers, and a failing request',
  args: [{ name: '<service>', description: 'such as accounts' }],
  options: [
    { flags: '--attempt <number>', description: 'which one (else the last); parley rollout history lists them' },
  ],
  outputs: ['text', 'json', 'yaml'],
  examples: [
    { line: 'parley rollout explain accounts', what: 'the attempt that runs, or the last one' },
    {
      line: "parley rollout explain accounts -o json | jq '.checks[] | {name, verdict, value, limit}'",
      what: 'for scripts',
    },
  ],
  async run(context, { args: [service = ''], text, output }) {
    const attempt = attemptOf(text('attempt'));
    const { openCluster } = await import('../../cluster.ts');
    const { explanationOf } = await import('../../rollout/explanation.ts');
    const { requireRollout } = await import('../../rollout/rollouts.ts');
    const cluster = await openCluster(stateFolder(context).kubeconfig);
    const explanation = explanationOf(await requireRollout(cluster, service), attempt);
    const { lookUpOf } = await import('../../rollout/look-up-trace.ts');
    const lookUp = lookUpOf(context, service);
    if (output !== 'text') {
      const examples = explanation.examples.map((example) => ({ ...example, lookUp: lookUp(example) }));
      await writeDocument(context.stdout, output, 'RolloutExplanation', { ...explanation, examples });
      return 'ok';
    }
    const { explainScreen } = await import('../../output/explain-screen.ts');
    context.stdout.write(explainScreen(explanation, lookUp, colorsFor(context.stdout, context.env)));
    return 'ok';
  },
};

function attemptOf(text: string | undefined): number | undefined {
  if (text === undefined || /^[1-9]\d*$/.test(text)) return text === undefined ? undefined : Number(text);
  throw usageFailure(`--attempt ${text}: not the number of an attempt.`, 'Write for example --attempt 3');
}
