import { environmentNames } from '../../charts/environments.ts';
import { meshNames } from '../../mesh/intent.ts';
import type { Command } from '../command.ts';

export const render: Command = {
  name: 'render',
  summary: 'the Kubernetes objects of the exchange, on stdout and nothing else there',
  options: [
    { flags: '--mesh <mesh>', description: 'whose policy (else MESH, else istio)', choices: meshNames },
    { flags: '--env <env>', description: 'sizes and replicas', choices: environmentNames, default: 'dev' },
    { flags: '--running', description: 'releases and weights of what runs now, instead of the defaults' },
  ],
  outputs: ['yaml', 'json'],
  examples: [
    { line: 'parley render --mesh linkerd > exchange.yaml', what: 'needs no cluster; the same bytes each time' },
    { line: 'parley render --env prod -o json | kubectl apply -f -', what: 'for a cluster of your own' },
  ],
  async run(context, { output, text, flag }) {
    const { oneOf } = await import('../suggest.ts');
    const { renderOptions } = await import('../rendering.ts');
    const { findingLines } = await import('../output/findings-screen.ts');
    const charts = await import('../../charts/render.ts');
    const { defaultPlan } = await import('../../charts/plan.ts');
    const choices = {
      mesh: oneOf(text('mesh') ?? (context.env.MESH || 'istio'), meshNames, 'mesh'),
      env: text('env') ?? 'dev',
      repo: context.repo,
    };
    const defaults = await renderOptions({}, choices);
    const plan = flag('running') ? await runningPlan(context) : defaultPlan(defaults.catalogue);
    const options = { ...defaults, plan };
    for (const line of findingLines(choices.mesh, charts.findings(options))) context.stderr.write(line);
    const objects = charts.render(options);
    context.stdout.write(output === 'json' ? charts.toJson(objects) : charts.toYaml(objects));
    return 'ok';
  },
};

async function runningPlan(context: Parameters<Command['run']>[0]) {
  const { openCluster } = await import('../cluster.ts');
  const { currentPlan } = await import('../plan.ts');
  const { stateFolder } = await import('../state-folder.ts');
  return currentPlan(await openCluster(stateFolder(context).kubeconfig));
}
