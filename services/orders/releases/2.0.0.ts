import { run } from '../../kit/run.ts';
import { orders } from '../service.ts';

process.exit(await run(orders, { version: '2.0.0', contracts: ['v1', 'v2'] }));
