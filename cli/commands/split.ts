import type { Command } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { changePlan } from '../up/change-plan.ts';

export const split: Command = {
  name: 'split',
  summary: 'set the weights of a service; returns when the sidecars confirmed them',
  args: [
    { name: '<service>', description: 'such as accounts' },
    { name: '<weights...>', description: 'version=weight, whole numbers; releases that are not named get 0' },
  ],
  options: [{ flags: '--timeout <duration>', description: 'how long to wait for the confirmation', default: '30s' }],
  outputs: ['text', 'json'],
  examples: [
    { line: 'parley split accounts 1.4.0=90 2.0.0=10', what: 'a tenth of the requests for 2.0.0' },
    { line: 'parley split accounts 1.4.0=0 2.0.0=100', what: 'all of them; 1.4.0 keeps running' },
  ],
  async run(context, invocation) {
    const [service = '', ...words] = invocation.args;
    const weights = parseWeights(words);
    const { setWeights } = await import('../../charts/plan.ts');
    const { requireOwnWeights } = await import('../rollout/held.ts');
    await changePlan(
      context,
      invocation,
      service,
      (plan, catalogue) => setWeights(plan, catalogue, service, weights),
      (cluster) => requireOwnWeights(cluster, service),
    );
    if (invocation.output === 'text') {
      context.stdout.write(`${service}: ${words.join(' ')}, in force on every sidecar\n`);
    }
    return 'ok';
  },
};

/** `1.4.0=90` words as weights. Throws a usage failure that quotes the word. */
export function parseWeights(words: readonly string[]): Record<string, number> {
  const weights: Record<string, number> = {};
  for (const word of words) {
    const match = /^([^=]+)=(\d{1,7})$/.exec(word);
    if (!match)
      throw usageFailure(
        `${word}: no weight of a release.`,
        'Write for example: parley split accounts 1.4.0=90 2.0.0=10',
      );
    const [, version = '', weight] = match;
    if (version in weights) throw usageFailure(`${version}: named twice.`, 'Name each release once.');
    weights[version] = Number(weight);
  }
  return weights;
}
