import { once } from 'node:events';
import type { CommandContext } from '../command.ts';
import { Failure, interrupted } from '../failure.ts';
import { colorsFor, isSmartTerminal } from '../output/color.ts';
import { diffScreen } from '../output/diff-screen.ts';
import type { Target, TargetRequest } from '../target/target.ts';
import { differs } from './differences.ts';
import { lookWithout } from './look-without.ts';

/** Shows on stderr what `up` would change in a cluster of others, and asks, unless --yes says so already. Without a terminal it refuses. */
export async function askBefore(target: Target, { context, settings, progress }: TargetRequest): Promise<void> {
  const found = await progress.step('differences', () => lookWithout(target, context, settings));
  if (!differs(found)) return;
  context.stderr.write(diffScreen(found, colorsFor(context.stderr, context.env)));
  if (settings.yes) return;
  const where = `the context ${settings.contextName}`;
  if (!isSmartTerminal(context.stderr, context.env)) {
    throw new Failure('NotConfirmed', `${where} is not changed: nobody can be asked here`, {
      hint: 'Type: parley up --yes   (with the same flags)',
    });
  }
  context.stderr.write(`Change this in ${where}? [y/N] `);
  if (/^y(es)?$/i.test(await firstLine(context))) return;
  throw new Failure('NotConfirmed', `${where} is not changed`, {
    hint: 'Type: parley diff   (it shows the same again)',
  });
}

/** The first line that is typed; Ctrl-C ends the wait. */
async function firstLine({ stdin, signal }: CommandContext): Promise<string> {
  const ended = once(signal, 'abort').then(() => {
    throw interrupted();
  });
  const read = async () => {
    let text = '';
    for await (const chunk of stdin) {
      text += Buffer.from(chunk).toString('utf8');
      if (text.includes('\n')) break;
    }
    return text.split('\n')[0]?.trim() ?? '';
  };
  return Promise.race([read(), ended]);
}
