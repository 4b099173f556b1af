import type { TraceContext } from './trace-context.ts';

const levels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof levels)[number];

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** JSON lines. `trace` puts `trace_id` and `span_id` into the line, so that a log and a trace find each other. */
export interface Log {
  debug(message: string, fields?: LogFields, trace?: TraceContext): void;
  info(message: string, fields?: LogFields, trace?: TraceContext): void;
  warn(message: string, fields?: LogFields, trace?: TraceContext): void;
  error(message: string, fields?: LogFields, trace?: TraceContext): void;
}

export interface LogOptions {
  readonly level: LogLevel;
  readonly fields: LogFields;
  readonly write: (line: string) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Makes a log that writes lines at `level` and above. */
export function jsonLog(options: LogOptions): Log {
  const threshold = levels.indexOf(options.level);
  const at = (level: LogLevel) => {
    if (levels.indexOf(level) < threshold) return () => {};
    return (message: string, fields?: LogFields, trace?: TraceContext) =>
      options.write(
        `${JSON.stringify({
          time: new Date(options.now()).toISOString(),
          level,
          message,
          ...options.fields,
          ...(trace && { trace_id: trace.traceId, span_id: trace.spanId }),
          ...fields,
        })}\n`,
      );
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
