import { run } from '../../kit/run.ts';
import { accounts } from '../service.ts';

process.exit(await run(accounts, { version: '1.4.0', contracts: ['v1'] }));
