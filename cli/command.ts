import type { Clock } from '../verify/load/clock.ts';
import type { ExitName } from './exit-codes.ts';

/** Where a command writes; process.stdout and process.stderr fit. */
export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** Everything of the outside world that a command may touch, apart from files and sockets. */
export interface CommandContext {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly stdin: AsyncIterable<Uint8Array | string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts on SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Wall clock, milliseconds since 1970: for certificates, and for how long ago something was. */
  readonly epochMs: () => number;
  /** The clone: where services/, local/ and dist/ are. */
  readonly repo: string;
}

export type OutputFormat = 'text' | 'json' | 'yaml';

/** What the user typed after the command's name. */
export interface Invocation {
  readonly args: readonly string[];
  /** Value of `--name VALUE`, or its default. */
  text(name: string): string | undefined;
  /** Whether `--name` was given. */
  flag(name: string): boolean;
  readonly output: OutputFormat;
}

export interface CommandOption {
  /** As commander takes it: `-f, --filename <file>`. */
  readonly flags: string;
  readonly description: string;
  readonly default?: string;
  readonly choices?: readonly string[];
}

/** One verb: what help prints and what it does. Lives in cli/commands/<name>.ts. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** `<service>` must be there, `[service]` may, `[weights...]` takes the rest. */
  readonly args?: readonly { readonly name: string; readonly description: string }[];
  readonly options?: readonly CommandOption[];
  /** Formats of `-o`, the first is the default; absent: the command has no `-o`. */
  readonly outputs?: readonly OutputFormat[];
  readonly examples: readonly { readonly line: string; readonly what: string }[];
  run(context: CommandContext, invocation: Invocation): Promise<ExitName>;
}

/** Verbs of one noun: `parley rollout start`. The lines of help come from its commands. */
export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly Command[];
  /** Name of the command that is meant when none is typed. */
  readonly standard: string;
}

/** What stands after `parley`. */
export type Verb = Command | CommandGroup;

/** A verb that has verbs of its own. */
export function isGroup(verb: Verb): verb is CommandGroup {
  return 'commands' in verb;
}
