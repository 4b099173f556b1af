import type { Command } from '../../command.ts';
import type { Ask } from '../../rollout/ask.ts';
import { stateFolder } from '../../state-folder.ts';

interface Wording {
  readonly summary: string;
  readonly example: string;
}

const wordings: Readonly<Record<Ask, Wording>> = {
  promote: {
    summary: 'give the candidate everything now, without judging it further',
    example: 'returns when all traffic is on it; a paused rollout goes on too',
  },
  abort: { summary: 'take the candidate back', example: 'returns when all traffic is on the stable release' },
  pause: {
    summary: 'let no further stage begin; a candidate that fails is still rolled back',
    example: 'and go on with resume',
  },
  resume: { summary: 'go on after a pause', example: 'the stage that it was at goes on' },
  retry: { summary: 'try the same candidate again', example: 'after a rollback, once the cause is mended' },
};

/** `promote`, `abort`, `pause`, `resume`, `retry`: each asks something of the attempt that there is, and returns when it is so. */
export function askCommand(name: Ask): Command {
  const { summary, example } = wordings[name];
  return {
    name,
    summary,
    args: [{ name: '<service>', description: 'such as accounts' }],
    options: [{ flags: '--timeout <duration>', description: 'how long to wait until it is so', default: '60s' }],
    outputs: ['text', 'json'],
    examples: [{ line: `parley rollout ${name} accounts`, what: example }],
    async run(context, { args: [service = ''], text, output }) {
      const { parseDuration } = await import('../../duration.ts');
      const { openCluster } = await import('../../cluster.ts');
      const { carryOutAsk } = await import('../../rollout/carry-out-ask.ts');
      const { askedOf } = await import('../../rollout/ask.ts');
      const { requireRollout } = await import('../../rollout/rollouts.ts');
      const timeoutMs = parseDuration(text('timeout') ?? '60s', '--timeout');
      const cluster = await openCluster(stateFolder(context).kubeconfig);
      const asked = askedOf(name, await requireRollout(cluster, service));
      return carryOutAsk(context, cluster, { service, ...asked, timeoutMs, output });
    },
  };
}
