import { run } from '../../kit/run.ts';
import { identity } from '../service.ts';

process.exit(await run(identity, { version: '1.0.0', contracts: ['v1'] }));
