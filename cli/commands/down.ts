import { existsSync, rmSync } from 'node:fs';
import type { Command } from '../command.ts';
import { parseDuration } from '../duration.ts';
import { writeDocument } from '../output/document.ts';
import { createProgress } from '../output/progress.ts';
import { stateFolder } from '../state-folder.ts';
import { openTarget } from '../target/choose.ts';
import { readRecord } from '../target/record.ts';
import { withUpLock } from '../up/up-lock.ts';

export const down: Command = {
  name: 'down',
  summary: 'remove everything that `up` made, and nothing else',
  options: [
    { flags: '--purge', description: 'remove the whole state folder: also data, the downloaded Envoy and logs' },
    { flags: '--timeout <duration>', description: 'how long to wait for another up or down', default: '60s' },
  ],
  outputs: ['text', 'json'],
  examples: [
    { line: 'parley down', what: 'works too when `up` or the daemon was killed' },
    { line: 'parley down --purge', what: 'and forgets the data' },
  ],
  async run(context, { output, flag, text }) {
    const state = stateFolder(context);
    const timeoutMs = parseDuration(text('timeout') ?? '60s', '--timeout');
    const there = existsSync(state.path);
    const progress = createProgress(context.stderr, context.env, context.clock);
    const ended: string[] = [];
    if (there) {
      await withUpLock(context, 'parley down', timeoutMs, async () => {
        await progress.step('ending the exchange', async () => {
          const record = readRecord(state);
          const name = record?.target ?? 'embedded';
          if (await (await openTarget(name)).stop(context, record)) ended.push(name);
        });
      });
      if (flag('purge')) rmSync(state.path, { recursive: true, force: true });
    }
    if (output !== 'text') await writeDocument(context.stdout, output, 'Down', { ended, purged: flag('purge') });
    else context.stdout.write(ended.length > 0 ? 'the exchange is down\n' : 'nothing was running\n');
    return 'ok';
  },
};
