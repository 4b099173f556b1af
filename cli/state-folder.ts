import { isAbsolute, join, resolve } from 'node:path';
import type { CommandContext } from './command.ts';
import { Failure } from './failure.ts';

/** Where one cluster keeps what it has; docs/architecture.md lists the entries. */
export interface StateFolder {
  readonly path: string;
  readonly kubeconfig: string;
  /** Which target the folder belongs to, and what `up` made there. */
  readonly targetRecord: string;
  readonly daemonRecord: string;
  readonly daemonLog: string;
  /** Held by the `up`, `down`, `release` or `split` that is at work. */
  readonly upLock: string;
  /** Certificate of the authority that signed the edge's certificate, for `curl --cacert`. */
  readonly edgeAuthority: string;
}

/** `PARLEY_HOME`, else `.parley` in the clone. */
export function stateFolder(context: Pick<CommandContext, 'env' | 'repo'>): StateFolder {
  const wanted = context.env.PARLEY_HOME;
  const path = wanted ? (isAbsolute(wanted) ? wanted : resolve(wanted)) : join(context.repo, '.parley');
  const at = (name: string) => join(path, name);
  return {
    path,
    kubeconfig: at('kubeconfig'),
    targetRecord: at('target.json'),
    daemonRecord: at('daemon.json'),
    daemonLog: at('daemon.log'),
    upLock: at('up.lock'),
    edgeAuthority: at('edge-ca.crt'),
  };
}

export interface HostPorts {
  readonly http: number;
  readonly https: number;
}

/** Loopback ports of the edge: PARLEY_HTTP_PORT and PARLEY_HTTPS_PORT, else 7080 and 7443. */
export function hostPorts(env: CommandContext['env']): HostPorts {
  return { http: port(env, 'PARLEY_HTTP_PORT', 7080), https: port(env, 'PARLEY_HTTPS_PORT', 7443) };
}

function port(env: CommandContext['env'], name: string, otherwise: number): number {
  const text = env[name];
  if (text === undefined || text === '') return otherwise;
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && value < 65_536) return value;
  throw new Failure('BadPort', `${name}=${text}: not a port.`, {
    exit: 'usage',
    hint: `Type: export ${name}=${otherwise}`,
  });
}
