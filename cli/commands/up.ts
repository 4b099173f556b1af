import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { environmentNames } from '../../charts/environments.ts';
import { meshNames } from '../../mesh/intent.ts';
import type { Command, CommandContext } from '../command.ts';
import { parseDuration } from '../duration.ts';
import { interrupted } from '../failure.ts';
import { writeDocument } from '../output/document.ts';
import { createProgress } from '../output/progress.ts';
import { chooseMesh, chooseTarget, openTarget } from '../target/choose.ts';
import { targetNames } from '../target/target.ts';
import { bringUp } from '../up/up.ts';
import { withUpLock } from '../up/up-lock.ts';

export const up: Command = {
  name: 'up',
  summary: 'start the exchange, or bring what runs up to date; ends with its addresses',
  options: [
    { flags: '--target <target>', description: `${targetNames.join(' or ')} (else TARGET, else what the machine has)` },
    { flags: '--mesh <mesh>', description: `${meshNames.join(' or ')} (else MESH, else istio)` },
    { flags: '--env <env>', description: 'sizes and replicas', choices: environmentNames, default: 'dev' },
    { flags: '--timeout <duration>', description: 'how long all of it may take', default: '5m' },
  ],
  outputs: ['text', 'json'],
  examples: [
    { line: 'parley up', what: 'again: changes only what differs, keeps releases and weights' },
    { line: 'PARLEY_HTTP_PORT=17080 PARLEY_HTTPS_PORT=17443 parley up', what: 'on other ports' },
    { line: 'parley up --mesh linkerd', what: 'with the objects of the other mesh' },
  ],
  async run(context, { output, text }) {
    const timeoutMs = parseDuration(text('timeout') ?? '5m', '--timeout');
    const mesh = chooseMesh(context.env, text('mesh'));
    const choice = await chooseTarget(context.env, text('target'));
    const target = await openTarget(choice.name);
    const progress = createProgress(context.stderr, context.env, context.clock);
    progress.note(`target ${choice.name} (${choice.why}), mesh objects of ${mesh}`);
    await withUpLock(context, 'parley up', timeoutMs, async () => {
      if (context.signal.aborted) throw interrupted();
      const choices = {
        mesh,
        env: text('env') ?? 'dev',
        collector: context.env.OTEL_EXPORTER_OTLP_ENDPOINT || undefined,
      };
      const done = await bringUp(target, { context, progress, mesh, timeoutMs }, { ...choices, repo: context.repo });
      if (output !== 'text') await writeDocument(context.stdout, output, 'Up', { target: choice.name, mesh, ...done });
      else {
        context.stdout.write(
          `\nThe exchange runs:\n  ${done.edge.http}\n  ${done.edge.https}   (curl --cacert ${done.edge.authority})\n`,
        );
        const short = onPath(context.env) ? '' : `   (it is ${join(context.repo, 'bin/parley')})`;
        context.stdout.write(`Next: parley try${short}\n`);
      }
    });
    return 'ok';
  },
};

/** Is there a `parley` that a shell finds by its name alone? */
function onPath(env: CommandContext['env']): boolean {
  return (env.PATH ?? '').split(':').some((folder) => folder !== '' && existsSync(join(folder, 'parley')));
}
