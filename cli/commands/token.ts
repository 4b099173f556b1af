import type { Command } from '../command.ts';
import { writeDocument } from '../output/document.ts';

export const token: Command = {
  name: 'token',
  summary: 'a bearer token for curl, on stdout',
  options: [{ flags: '--client <client>', description: 'which client of the identity service asks', default: 'demo' }],
  outputs: ['text', 'json'],
  examples: [
    {
      line: 'curl -H "authorization: Bearer $(parley token)" http://127.0.0.1:7080/v1/accounts',
      what: 'a REST call through the edge',
    },
  ],
  async run(context, { output, text }) {
    const { openConversation, requestToken } = await import('../edge.ts');
    const { edge, cluster } = await openConversation(context);
    const made = await requestToken(edge, cluster, text('client') ?? 'demo');
    if (output === 'text') context.stdout.write(`${made.token}\n`);
    else await writeDocument(context.stdout, output, 'Token', { ...made });
    return 'ok';
  },
};
