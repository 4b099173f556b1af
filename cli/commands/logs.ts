import type { Command } from '../command.ts';
import { usageFailure } from '../failure.ts';

export const logs: Command = {
  name: 'logs',
  summary: 'logs of all Pods, or of one service',
  args: [{ name: '[service]', description: 'such as accounts or edge' }],
  options: [
    { flags: '-f, --follow', description: 'go on until Ctrl-C' },
    { flags: '--tail <lines>', description: 'last lines of each container', default: '20' },
    { flags: '--release <version>', description: 'only this release' },
  ],
  outputs: ['text', 'json'],
  examples: [
    { line: 'parley logs accounts -f', what: 'every Pod of accounts, as it comes' },
    {
      line: 'parley logs orders --release 2.0.0 -o json | jq .message',
      what: 'the JSON lines as the service wrote them',
    },
  ],
  async run(context, { args: [service], text, flag, output }) {
    const tail = Number(text('tail'));
    if (!Number.isInteger(tail) || tail < 0)
      throw usageFailure(`--tail ${text('tail')}: not a number of lines.`, 'Write for example --tail 100');
    const { openCluster } = await import('../cluster.ts');
    const { stateFolder } = await import('../state-folder.ts');
    const { streamLogs } = await import('../log-streams.ts');
    const cluster = await openCluster(stateFolder(context).kubeconfig);
    const version = text('release');
    await streamLogs(context, cluster, { service, version, tail, follow: flag('follow'), json: output === 'json' });
    return 'ok';
  },
};
