/** Child processes of the embedded cluster: containers and sidecars. They outlive a killed daemon and are adopted by the next one. */

export interface ProcessSpec {
  /** For messages: `exchange/accounts-1-4-0-x2k4 accounts`. */
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
  /** Absolute. Children use paths relative to it for Unix sockets: a socket path holds at most 107 bytes. */
  readonly cwd: string;
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** stdout and stderr are appended here by the child itself (a file, not a pipe: it must survive the daemon). */
  readonly logFile: string;
  /** Where {pid, startTime, marker} is kept, so that a later daemon can adopt or end exactly this process. */
  readonly recordFile: string;
  /** Put into the environment as PARLEY_POD; every process that carries it is swept at the end, also one that left the group. */
  readonly marker: string;
}

export interface ProcessExit {
  /** Exit code; undefined when a signal ended it or when it was adopted and its code is not known. */
  readonly code?: number;
  readonly signal?: string;
}

export interface ProcessHandle {
  readonly pid: number;
  readonly exited: Promise<ProcessExit>;
  /** Sends to the whole process group; a process that is gone already is no error. */
  signal(signal: 'SIGTERM' | 'SIGKILL' | 'SIGINT' | 'SIGHUP'): void;
  /** SIGTERM, then after `graceMs` SIGKILL, then the marker sweep. Resolves when nothing with the marker is left. */
  stop(graceMs: number): Promise<ProcessExit>;
}
