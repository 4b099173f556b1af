import { run } from '../../kit/run.ts';
import { accounts } from '../service.ts';

process.exit(await run(accounts, { version: '2.0.0', contracts: ['v1', 'v2'] }));
