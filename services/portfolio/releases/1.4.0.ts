import { run } from '../../kit/run.ts';
import { portfolio } from '../service.ts';

process.exit(await run(portfolio, { version: '1.4.0', contracts: ['v1'] }));
