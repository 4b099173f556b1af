import path from 'node:path';
import { bareExchange } from '../bare.ts';
import { benchSite, bringUp } from '../exchange.ts';
import { interleave } from '../measure/interleave.ts';
import { ratioOf, summarize } from '../measure/summary.ts';
import type { Row } from '../row.ts';

export const coldStart: Row = {
  name: 'cold-start',
  title: '`parley up` until every service answers through mutual TLS, against the same processes started bare',
  run: async (context) => {
    await using stack = new AsyncDisposableStack();
    const site = await benchSite(context, stack);
    context.say('once beforehand: bundles, databases, certificates');
    await bringUp(site, context);
    const bare = await bareExchange(path.join(context.dir, 'b'), site.kubeconfig, context);
    await site.parley('down');
    const bareOnce = async () => {
      await using programs = new AsyncDisposableStack();
      return (await bare.start(programs)).seconds;
    };
    await bareOnce();
    let said: readonly string[] = [];
    const upOnce = async () => {
      const { seconds, steps } = await bringUp(site, context);
      said = steps;
      await site.parley('down');
      return seconds;
    };
    const subjects = [
      { name: 'parley up', measure: upOnce },
      { name: 'bare processes', measure: bareOnce },
    ];
    const results = await interleave(subjects, context.rounds, context.signal);
    const [measured = [], against = []] = subjects.map(({ name }) => results.get(name));
    return {
      measurements: [
        {
          what: 'until all answer',
          unit: 's',
          measured: { name: 'parley up', summary: summarize(measured) },
          against: { name: 'bare processes', summary: summarize(against) },
          ratio: ratioOf(measured, against),
          goals: [
            { of: 'ratio', bound: 'at most', value: 1.5 },
            { of: 'measured', bound: 'at most', value: 5 },
          ],
        },
      ],
      notes: [
        'with databases that are there already; `parley up` is timed with the CLI itself, to its exit',
        `steps of the last: ${said.join('; ')}`,
      ],
    };
  },
};
