import { faultOf } from '../../kit/rehearsal.ts';
import { run } from '../../kit/run.ts';
import { portfolio } from '../service.ts';

process.exit(
  await run(portfolio, {
    version: '2.1.0-errors',
    contracts: ['v1', 'v2'],
    fault: faultOf('portfolio', '2.1.0-errors'),
  }),
);
