import type { CommandGroup } from '../command.ts';
import { askCommand } from './rollout/ask.ts';
import { demo } from './rollout/demo.ts';
import { explain } from './rollout/explain.ts';
import { history } from './rollout/history.ts';
import { list } from './rollout/list.ts';
import { start } from './rollout/start.ts';
import { status } from './rollout/status.ts';
import { undo } from './rollout/undo.ts';
import { watch } from './rollout/watch.ts';

export const rollout: CommandGroup = {
  name: 'rollout',
  summary: 'move a service to another release, with every request of it judged',
  commands: [
    list,
    start,
    status,
    watch,
    ...(['promote', 'pause', 'resume', 'abort'] as const).map(askCommand),
    undo,
    askCommand('retry'),
    explain,
    history,
    demo,
  ],
  standard: 'list',
};
