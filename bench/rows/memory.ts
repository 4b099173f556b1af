import { readlinkSync } from 'node:fs';
import path from 'node:path';
import { listProcesses, readProc } from '../../local/process/proc.ts';
import { bareExchange } from '../bare.ts';
import { benchSite, bringUp } from '../exchange.ts';
import { ratioOf, summarize } from '../measure/summary.ts';
import { pssMb } from '../programs.ts';
import type { Row } from '../row.ts';

const goalMb = 1000;

export const memory: Row = {
  name: 'memory',
  title: 'memory of the whole running exchange: daemon, services, sidecars, postgres, edge (PSS)',
  run: async (context) => {
    await using stack = new AsyncDisposableStack();
    const site = await benchSite(context, stack);
    await bringUp(site, context);
    const pids = processesOf(site.home);
    const whole = pssMb(pids);
    const bare = await bareExchange(path.join(context.dir, 'r'), site.kubeconfig, context);
    await site.parley('down');
    await using programs = new AsyncDisposableStack();
    const alone = pssMb((await bare.start(programs)).pids);
    return {
      measurements: [
        {
          what: 'whole exchange',
          unit: 'MB',
          measured: { name: `parley up, ${pids.length} processes`, summary: summarize([whole]) },
          against: { name: 'bare processes', summary: summarize([alone]) },
          ratio: ratioOf([whole], [alone]),
          goals: [{ of: 'measured', bound: 'at most', value: goalMb }],
        },
      ],
      notes: ['taken once, when every conversation had answered'],
    };
  },
};

/** The daemon, and every process that works below the state folder. */
function processesOf(home: string): number[] {
  return listProcesses()
    .map(({ pid }) => pid)
    .filter((pid) => belongs(pid, home));
}

function belongs(pid: number, home: string): boolean {
  const named = ['cmdline', 'environ'].some((file) => readProc(`/proc/${pid}/${file}`)?.includes(home));
  return named || workingDirectory(pid).startsWith(home);
}

/** Empty when the process is gone or belongs to someone else. */
function workingDirectory(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return ''; // It ended since it was listed, or is not ours: not one of the exchange's.
  }
}
