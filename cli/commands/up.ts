import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command, CommandContext } from '../command.ts';
import { parseDuration } from '../duration.ts';
import { interrupted } from '../failure.ts';
import { writeDocument } from '../output/document.ts';
import { createProgress } from '../output/progress.ts';
import { stateFolder } from '../state-folder.ts';
import { edgeAddresses } from '../target/addresses.ts';
import { chooseTarget, openTarget } from '../target/choose.ts';
import { readSettings, settingOptions } from '../target/settings.ts';
import { bringUp, type UpReport } from '../up/up.ts';
import { withUpLock } from '../up/up-lock.ts';
import { shellQuoted } from './kubeconfig.ts';

export const up: Command = {
  name: 'up',
  summary: 'start the exchange, or bring what runs up to date; ends with its addresses',
  options: [
    ...settingOptions,
    { flags: '--yes', description: 'with --context: change that cluster without asking' },
    { flags: '--timeout <duration>', description: 'how long each wait may take', default: '5m' },
  ],
  outputs: ['text', 'json'],
  examples: [
    { line: 'parley up', what: 'again: changes only what differs, keeps releases and weights' },
    { line: 'parley up --target kind --mesh linkerd', what: 'in a cluster of its own, with the other mesh' },
    { line: 'parley up --context my-cluster --registry registry.example/team', what: 'in a cluster that exists' },
    { line: 'PARLEY_HTTP_PORT=17080 PARLEY_HTTPS_PORT=17443 parley up', what: 'on other ports' },
  ],
  async run(context, invocation) {
    const { output, text } = invocation;
    const timeoutMs = parseDuration(text('timeout') ?? '5m', '--timeout');
    const progress = createProgress(context.stderr, context.env, context.clock);
    await withUpLock(context, 'parley up', timeoutMs, async () => {
      if (context.signal.aborted) throw interrupted();
      const choice = await chooseTarget(context, text('target'), text('context'));
      const settings = readSettings(context.env, invocation, choice);
      const target = await openTarget(choice.name);
      progress.note(`target ${choice.name} (${choice.why}), mesh ${settings.mesh}`);
      const done = await bringUp(target, { context, progress, settings });
      const { mesh } = settings;
      if (output !== 'text') await writeDocument(context.stdout, output, 'Up', { target: choice.name, mesh, ...done });
      else context.stdout.write(closing(context, done, settings.parts.includes('grafana')));
    });
    return 'ok';
  },
};

/** Addresses, and what to type next. */
function closing(context: CommandContext, { edge }: UpReport, dashboards: boolean): string {
  const short = onPath(context.env) ? '' : `   (it is ${join(context.repo, 'bin/parley')})`;
  return [
    edgeAddresses(context)
      ? `\nThe exchange runs:\n  ${edge.http}\n  ${edge.https}   (curl --cacert ${edge.authority})`
      : '\nThe exchange runs; parley reaches it by a port-forward of its own.',
    `Next: parley try${short}`,
    ...(dashboards ? ['      parley dashboard grafana'] : []),
    `      export KUBECONFIG=${shellQuoted(stateFolder(context).kubeconfig)}\n`,
  ].join('\n');
}

/** Is there a `parley` that a shell finds by its name alone? */
function onPath(env: CommandContext['env']): boolean {
  return (env.PATH ?? '').split(':').some((folder) => folder !== '' && existsSync(join(folder, 'parley')));
}
