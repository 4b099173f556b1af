import type { Example } from '../../rollout/core/evidence.ts';
import type { CommandContext } from '../command.ts';
import { stateFolder } from '../state-folder.ts';
import { readRecord } from '../target/record.ts';

/** Where a person finds the trace of an example: in Jaeger if this target has it, else in the log lines of the release, which name it. */
export function lookUpOf(context: CommandContext, service: string): (example: Example) => string {
  const traced = readRecord(stateFolder(context))?.observability?.includes('jaeger');
  return ({ release, traceId }) => {
    if (traceId === undefined) return `parley logs ${service} --release ${release}`;
    return traced
      ? `parley dashboard jaeger   (then /trace/${traceId} of the address that it prints)`
      : `parley logs ${service} --release ${release} --tail 1000 -o json | grep ${traceId}`;
  };
}
