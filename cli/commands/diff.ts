import type { Command } from '../command.ts';
import { colorsFor } from '../output/color.ts';
import { writeDocument } from '../output/document.ts';
import { chooseTarget, openTarget } from '../target/choose.ts';
import { readSettings, settingOptions } from '../target/settings.ts';

export const diff: Command = {
  name: 'diff',
  summary: 'what `parley up` would change, object by object; changes nothing, exits 3 when there is something',
  options: settingOptions,
  outputs: ['text', 'json'],
  examples: [
    { line: 'parley diff', what: 'after a change in services/ or charts/' },
    { line: 'parley diff --context my-cluster', what: 'before `parley up --context my-cluster`' },
  ],
  async run(context, invocation) {
    const { output, text } = invocation;
    const choice = await chooseTarget(context, text('target'), text('context'));
    const settings = readSettings(context.env, invocation, choice);
    const { lookWithout } = await import('../up/look-without.ts');
    const { differs } = await import('../up/differences.ts');
    const found = await lookWithout(await openTarget(choice.name), context, settings);
    if (output !== 'text') await writeDocument(context.stdout, output, 'Diff', { target: choice.name, ...found });
    else {
      const { diffScreen } = await import('../output/diff-screen.ts');
      context.stdout.write(diffScreen(found, colorsFor(context.stdout, context.env)));
    }
    return differs(found) ? 'findings' : 'ok';
  },
};
