import { faultOf } from '../../kit/rehearsal.ts';
import { run } from '../../kit/run.ts';
import { accounts } from '../service.ts';

process.exit(
  await run(accounts, {
    version: '2.1.0-wrong-body',
    contracts: ['v1', 'v2'],
    fault: faultOf('accounts', '2.1.0-wrong-body'),
  }),
);
