import { isAbsolute } from 'node:path';
import { parseArgs } from 'node:util';
import { DaemonError } from './daemon-error.ts';

export interface DaemonOptions {
  readonly stateDir: string;
  /** Gateway listener port -> `address:port` on the host. */
  readonly hostPorts: Readonly<Record<number, string>>;
  /** Life of workload identities. */
  readonly identityLifeMs?: number;
  /** First wait after a crash of a container. */
  readonly backoffBaseMs?: number;
  /** Where sidecars send spans (OTLP over HTTP), and of which share of requests. */
  readonly tracing?: { readonly endpoint: string; readonly samplingPercent: number };
  readonly accessLog: boolean;
  /** Whether Rollouts are carried out. */
  readonly rollouts: boolean;
}

const usage =
  'node local/daemon/main.ts --state DIR [--host-port 8080=127.0.0.1:7080]... [--identity-life-ms N] \
[--backoff-ms N] [--tracing URL] [--sampling PERCENT] [--access-log] [--no-rollouts]';

/** The daemon's command line; throws DaemonError `Usage` that quotes what cannot be understood. */
export function parseDaemonOptions(argv: readonly string[]): DaemonOptions {
  const values = read(argv);
  const stateDir = values.state;
  if (!stateDir || !isAbsolute(stateDir)) throw wrong(`--state ${stateDir ?? '(missing)'}: an absolute path is needed`);
  const tracing = values.tracing;
  return {
    stateDir,
    hostPorts: Object.fromEntries((values['host-port'] ?? []).map(hostPort)),
    identityLifeMs: optional(values['identity-life-ms'], '--identity-life-ms'),
    backoffBaseMs: optional(values['backoff-ms'], '--backoff-ms'),
    accessLog: values['access-log'] ?? false,
    rollouts: !(values['no-rollouts'] ?? false),
    ...(tracing
      ? { tracing: { endpoint: tracing, samplingPercent: optional(values.sampling, '--sampling') ?? 100 } }
      : {}),
  };
}

function read(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...argv],
      options: {
        state: text,
        'host-port': { type: 'string', multiple: true },
        'identity-life-ms': text,
        'backoff-ms': text,
        tracing: text,
        sampling: text,
        'access-log': { type: 'boolean' },
        'no-rollouts': { type: 'boolean' },
      },
    }).values;
  } catch (cause) {
    throw wrong((cause as Error).message);
  }
}

/** `8080=127.0.0.1:7080` */
function hostPort(word: string): [number, string] {
  const match = /^(\d+)=(\d+\.\d+\.\d+\.\d+:\d+)$/.exec(word);
  if (!match?.[1] || !match[2]) throw wrong(`--host-port ${word}: write for example 8080=127.0.0.1:7080`);
  return [Number(match[1]), match[2]];
}

function optional(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw wrong(`${option} ${text}: not a number of 0 or more`);
  return value;
}

function wrong(message: string): DaemonError {
  return new DaemonError('Usage', message, `usage: ${usage}`);
}
