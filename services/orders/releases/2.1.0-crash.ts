import { faultOf } from '../../kit/rehearsal.ts';
import { run } from '../../kit/run.ts';
import { orders } from '../service.ts';

process.exit(
  await run(orders, { version: '2.1.0-crash', contracts: ['v1', 'v2'], fault: faultOf('orders', '2.1.0-crash') }),
);
