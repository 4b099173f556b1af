import type { Check, CheckOutcome } from '../checks.ts';
import type { Command } from '../command.ts';
import { colorsFor } from '../output/color.ts';
import { writeDocument } from '../output/document.ts';

export const check: Command = {
  name: 'check',
  summary: 'what is missing on this machine, with the command that mends it',
  outputs: ['text', 'json', 'yaml'],
  examples: [
    { line: 'parley check', what: 'warnings exit 0, errors exit 1' },
    { line: 'parley check -o json | jq .success', what: 'for scripts' },
  ],
  async run(context, { output }) {
    const { checks } = await import('../checks.ts');
    const seen = await Promise.all(checks.map(async (each) => ({ check: each, outcome: await each.look(context) })));
    const success = seen.every(({ outcome }) => outcome.result !== 'error');
    if (output === 'text') {
      const { checkScreen } = await import('../output/check-screen.ts');
      context.stdout.write(checkScreen(seen, colorsFor(context.stdout, context.env)));
    } else {
      await writeDocument(context.stdout, output, 'Check', { success, categories: categoriesOf(seen) });
    }
    return success ? 'ok' : 'failed';
  },
};

function categoriesOf(seen: readonly { readonly check: Check; readonly outcome: CheckOutcome }[]) {
  return [...Map.groupBy(seen, ({ check: { category } }) => category)].map(([category, rows]) => ({
    category,
    checks: rows.map(({ check: { description }, outcome }) => ({ description, ...outcome })),
  }));
}
