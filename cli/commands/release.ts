import type { Command } from '../command.ts';
import { changePlan } from '../up/change-plan.ts';

export const release: Command = {
  name: 'release',
  summary: 'put a release beside the others, without traffic; or take one away',
  args: [
    { name: '<service>', description: 'such as accounts' },
    { name: '<version>', description: 'a release of its catalogue, such as 2.0.0' },
  ],
  options: [
    { flags: '--remove', description: 'take the release away; it must have weight 0' },
    { flags: '--timeout <duration>', description: 'how long to wait until it is ready', default: '60s' },
  ],
  outputs: ['text', 'json'],
  examples: [
    { line: 'parley release accounts 2.0.0', what: 'accounts 2.0.0 runs beside 1.4.0 and gets no requests yet' },
    { line: 'parley release accounts 1.4.0 --remove', what: 'once all its weight is elsewhere' },
  ],
  async run(context, invocation) {
    const { addRelease, removeRelease } = await import('../../charts/plan.ts');
    const [service = '', version = ''] = invocation.args;
    const removing = invocation.flag('remove');
    const { requireNotInRollout } = await import('../rollout/held.ts');
    const plan = await changePlan(
      context,
      invocation,
      service,
      (plan, catalogue) =>
        removing ? removeRelease(plan, service, version) : addRelease(plan, catalogue, service, version),
      async (cluster) => {
        if (removing) await requireNotInRollout(cluster, service, version);
      },
    );
    if (invocation.output === 'text') {
      context.stdout.write(
        removing
          ? `${service} ${version} is gone\n`
          : `${service} ${version} runs; give it traffic: parley split ${service} ${tenth(plan[service] ?? {}, version)}\n`,
      );
    }
    return 'ok';
  },
};

/** A tenth of the weight for one release, the rest as it is divided now; in percent if that leaves no remainder: `1.4.0=90 2.0.0=10`. Pure. */
export function tenth(weights: Readonly<Record<string, number>>, version: string): string {
  const others = Object.entries(weights).filter(([name, weight]) => name !== version && weight > 0);
  const total = others.reduce((sum, [, weight]) => sum + weight, 0);
  const percent = others.every(([, weight]) => (weight * 90) % total === 0);
  const rest = others.map(([name, weight]) => `${name}=${percent ? (weight * 90) / total : weight * 9}`);
  return [...rest, `${version}=${percent ? 10 : total}`].join(' ');
}
