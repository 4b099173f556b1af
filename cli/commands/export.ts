import { type EngineName, type Exported, engineNames } from '../../rollout/export/target.ts';
import type { Command, CommandContext, Invocation } from '../command.ts';
import { targetOptions } from '../export/target-of.ts';

export const exportRollouts: Command = {
  name: 'export',
  summary: 'rollouts as objects of Flagger or Argo Rollouts, on stdout alone; what these cannot say, on stderr',
  args: [
    { name: '<engine>', description: engineNames.join(' or ') },
    { name: '[services...]', description: 'such as accounts or accounts@2.0.0; none: every Rollout that runs' },
  ],
  options: [
    { flags: '-f, --filename <file>', description: 'Rollouts of a file instead, `-` for stdin' },
    ...targetOptions,
  ],
  outputs: ['yaml', 'json'],
  examples: [
    {
      line: 'parley export flagger > canaries.yaml',
      what: 'a Canary with MetricTemplates for every Rollout that runs',
    },
    {
      line: 'parley export argo accounts@2.0.0 --mesh linkerd',
      what: 'the default rollout to a release; needs no cluster',
    },
    {
      line: 'parley export argo -f rollout.yaml -o json',
      what: 'one document with the objects and what they cannot say',
    },
  ],
  async run(context, invocation) {
    const { oneOf } = await import('../suggest.ts');
    const { parseRollout } = await import('../../rollout/resource/parse.ts');
    const { exportFor } = await import('../../rollout/export/export.ts');
    const { targetsOf } = await import('../export/target-of.ts');
    const [word = '', ...services] = invocation.args;
    const engine = oneOf(word, engineNames, 'engine');
    const targetOf = targetsOf(context, invocation);
    const asked = await askedFor(context, invocation, services);
    const exported = asked.map(({ rollout }) => exportFor(engine, parseRollout(rollout), targetOf(rollout)));
    for (const { note } of asked) if (note) context.stderr.write(`parley: ${note}\n`);
    await write(context, invocation, engine, {
      objects: exported.flatMap(({ objects }) => objects),
      notExpressed: exported.flatMap(({ notExpressed }) => notExpressed),
      needs: exported.flatMap(({ needs }) => needs),
    });
    return exported.every(({ objects }) => objects.length > 0) ? 'ok' : 'findings';
  },
};

async function askedFor(context: CommandContext, { text }: Invocation, services: readonly string[]) {
  const { rolloutsOfFile, rolloutsOfServices, rolloutsThatRun } = await import('../export/asked.ts');
  const file = text('filename');
  if (file === undefined) return services.length > 0 ? rolloutsOfServices(context, services) : rolloutsThatRun(context);
  if (services.length === 0) return rolloutsOfFile(context, file);
  const { usageFailure } = await import('../failure.ts');
  throw usageFailure(`-f ${file} and ${services.join(' ')}: the file says which.`, 'Leave one of them out.');
}

async function write(
  { stdout, stderr }: CommandContext,
  { output }: Invocation,
  engine: EngineName,
  { objects, notExpressed, needs }: Exported,
): Promise<void> {
  if (output === 'json') {
    const { writeDocument } = await import('../output/document.ts');
    await writeDocument(stdout, output, 'Export', { engine, objects, not_expressed: notExpressed, needs });
    return;
  }
  const { toYaml } = await import('../../charts/render.ts');
  const { findingLines } = await import('../output/findings-screen.ts');
  stdout.write(toYaml(objects));
  for (const line of findingLines(engine, notExpressed)) stderr.write(line);
  for (const { field, reason } of needs) stderr.write(`parley: ${engine} needs ${field}: ${reason}\n`);
}
