import { existsSync } from 'node:fs';
import type { Command } from '../command.ts';
import { Failure } from '../failure.ts';
import { writeDocument } from '../output/document.ts';
import { stateFolder } from '../state-folder.ts';

export const kubeconfig: Command = {
  name: 'kubeconfig',
  summary: 'path of the kubeconfig of what runs',
  options: [{ flags: '--export', description: 'print it as a line for the shell' }],
  outputs: ['text', 'json'],
  examples: [
    { line: 'export KUBECONFIG=$(parley kubeconfig)', what: 'kubectl talks to the cluster that `parley up` started' },
    { line: 'eval "$(parley kubeconfig --export)"', what: 'the same' },
  ],
  async run(context, { output, flag }) {
    const { kubeconfig: path } = stateFolder(context);
    if (!existsSync(path)) {
      throw new Failure('NotRunning', `there is no cluster: ${path} is not there`, { hint: 'Type: parley up' });
    }
    if (output !== 'text') await writeDocument(context.stdout, output, 'Kubeconfig', { path });
    else context.stdout.write(flag('export') ? `export KUBECONFIG=${shellQuoted(path)}\n` : `${path}\n`);
    return 'ok';
  },
};

/** One word of a POSIX shell. */
export function shellQuoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
