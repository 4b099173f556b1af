import { join } from 'node:path';
import { findEnvoy } from '../local/envoy/find.ts';

const toolsDir = join(import.meta.dirname, '../.parley/tools');
let found: Promise<string> | undefined;

/** The Envoy that all exchanges of a run share: as `parley up` finds it, downloaded at most once, into the clone's state folder. */
export function envoyPath(): Promise<string> {
  found ??= findEnvoy({ env: process.env, toolsDir }).then(({ path }) => path);
  return found;
}
