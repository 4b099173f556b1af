import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EnvoyAnswers } from './edge-verdict.ts';

interface Recorded {
  readonly '/certs': object;
  readonly '/config_dump': object;
  readonly '/clusters': object;
  readonly '/stats': object;
}

/** Answers of a real Envoy, cut down to what edges depend on; `change` edits the text of the configuration. For tests. */
export function recorded(name: string, change: (configDump: string) => string = (text) => text): EnvoyAnswers {
  const answers: Recorded = JSON.parse(read(name));
  return {
    certificates: JSON.stringify(answers['/certs']),
    configDump: change(JSON.stringify(answers['/config_dump'])),
    connections: JSON.stringify(answers['/clusters']),
    handshakes: JSON.stringify(answers['/stats']),
  };
}

/** Routes of sidecars of Istio under several weights, as texts by `<caller> <weights>`. For tests. */
export function recordedRoutes(): Map<string, string> {
  const all: Record<string, object> = JSON.parse(read('istio-routes'));
  return new Map(Object.entries(all).map(([name, answer]) => [name, JSON.stringify(answer)]));
}

function read(name: string): string {
  return readFileSync(join(import.meta.dirname, 'recorded', `${name}.json`), 'utf8');
}
