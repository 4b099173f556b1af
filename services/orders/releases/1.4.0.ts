import { run } from '../../kit/run.ts';
import { orders } from '../service.ts';

process.exit(await run(orders, { version: '1.4.0', contracts: ['v1'] }));
