import { run } from '../../kit/run.ts';
import { portfolio } from '../service.ts';

process.exit(await run(portfolio, { version: '2.0.0', contracts: ['v1', 'v2'] }));
