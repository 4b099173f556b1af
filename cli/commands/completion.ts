import { join } from 'node:path';
import type { Command, Verb } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { completionScript, shells } from '../output/completion-script.ts';
import { didYouMean } from '../suggest.ts';

/** `loadAll` gives the commands that are completed. */
export const completionOf = (loadAll: () => Promise<readonly Verb[]>): Command => ({
  name: 'completion',
  summary: 'completion for bash, zsh or fish, on stdout',
  args: [{ name: '<shell>', description: shells.join(', ') }],
  examples: [
    { line: 'source <(parley completion bash)', what: 'for this shell; put it into ~/.bashrc to keep it' },
    { line: 'parley completion fish > ~/.config/fish/completions/parley.fish', what: 'fish loads it by itself' },
  ],
  async run({ stdout, repo }, { args: [typed = ''] }) {
    const shell = shells.find((each) => each === typed);
    if (!shell)
      throw usageFailure(`${typed}: unknown shell.${didYouMean(typed, shells)}`, `Known: ${shells.join(', ')}.`);
    const { readCatalogue } = await import('../../charts/catalogue.ts');
    const services = readCatalogue(join(repo, 'services')).map(({ name }) => name);
    stdout.write(completionScript(shell, await loadAll(), services));
    return 'ok';
  },
});
