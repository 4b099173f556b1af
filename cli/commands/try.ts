import type { Command } from '../command.ts';
import { conversations } from '../conversations/conversations.ts';
import { usageFailure } from '../failure.ts';
import { colorsFor } from '../output/color.ts';
import { writeDocument } from '../output/document.ts';
import { didYouMean } from '../suggest.ts';

const names = Object.keys(conversations);

export const tryCalls: Command = {
  name: 'try',
  summary: 'one call through each conversation: what was said, the path, the trace id',
  args: [{ name: '[method]', description: names.join(', ') }],
  outputs: ['text', 'json', 'yaml'],
  examples: [
    { line: 'parley try', what: 'all of them; exits 1 when one does not work' },
    { line: 'parley try grpc-bidi', what: 'only that one' },
  ],
  async run(context, { args: [wanted], output }) {
    if (wanted !== undefined && !names.includes(wanted)) {
      throw usageFailure(`${wanted}: unknown method.${didYouMean(wanted, names)}`, `Known: ${names.join(', ')}.`);
    }
    const { openConversation } = await import('../edge.ts');
    const { callScreen } = await import('../output/call-screen.ts');
    const talk = await openConversation(context);
    const colors = colorsFor(context.stdout, context.env);
    const calls = [];
    for (const name of wanted === undefined ? names : [wanted]) {
      const call = await conversations[name]?.(talk);
      if (!call) continue;
      calls.push(call);
      if (output === 'text') context.stdout.write(callScreen(call, colors));
    }
    if (output !== 'text') await writeDocument(context.stdout, output, 'Try', { calls });
    return calls.every(({ ok }) => ok) ? 'ok' : 'failed';
  },
};
