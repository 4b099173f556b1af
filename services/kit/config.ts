import * as z from 'zod';
import { Failure } from './failure.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A TCP port as an environment variable writes it. */
const port = z
  .string()
  .regex(/^\d{1,5}$/, 'a port, 1..65535')
  .transform(Number)
  .pipe(z.number().min(1).max(65535));

/** Whole milliseconds as an environment variable writes them. */
export const milliseconds = z
  .string()
  .regex(/^\d{1,9}$/, 'whole milliseconds')
  .transform(Number);

/** A share from 0 to 1 as an environment variable writes it. */
const share = z
  .string()
  .regex(/^(0(\.\d{1,6})?|1(\.0{1,6})?)$/, 'a share from 0 to 1')
  .transform(Number);

/** An http or https URL without a trailing slash. */
export const providerUrl = z
  .url({ protocol: /^https?$/, error: 'an http(s) URL such as http://accounts.exchange.svc.cluster.local:8080' })
  .transform((url) => url.replace(/\/+$/, ''));

/** What every service reads; docs/architecture.md, "What a container gets". */
export const kitSettings = z.object({
  HOST: z.string().default('0.0.0.0'),
  PORT: port.default(8080),
  ADMIN_PORT: port.default(9090),
  POD_NAME: z.string().default('local'),
  POD_NAMESPACE: z.string().default('exchange'),
  OTEL_EXPORTER_OTLP_ENDPOINT: providerUrl.optional(),
  // The SDK itself heeds it and would then hand invalid traces on.
  OTEL_SDK_DISABLED: z.enum(['true', 'false'], 'true or false').default('false'),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error'], 'one of debug, info, warn, error').default('info'),
  DRAIN_DELAY_MS: milliseconds.default(0),
  DRAIN_TIMEOUT_MS: milliseconds.default(20_000),
  PARLEY_SOCKETS: z.string().min(1, 'a folder').optional(),
  // Of rehearsal releases; others have no fault that could be changed.
  FAULT_SHARE: share.optional(),
  FAULT_CRASH_AFTER_MS: milliseconds.optional(),
});

export type KitSettings = z.infer<typeof kitSettings>;

/**
 * Reads settings from the environment. An empty variable counts as absent.
 * @throws Failure `bad-configuration` that lists every variable that is missing or wrong and what is expected of it.
 */
export function readSettings<T extends z.ZodType>(settings: T, environment: Environment): z.infer<T> {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const read = settings.safeParse(given);
  if (read.success) return read.data;
  const problems = read.error.issues.map((issue) => {
    const name = String(issue.path[0] ?? 'environment');
    const state = given[name] === undefined ? 'is not set' : 'is wrong';
    return `${name} ${state}: ${given[name] === undefined ? describeExpectation(issue.message) : issue.message}`;
  });
  throw new Failure(
    'bad-configuration',
    `the environment of this service is not usable:\n  ${problems.join('\n  ')}`,
    'set the variables named above (docs/architecture.md, "What a container gets") and start again',
  );
}

function describeExpectation(message: string): string {
  return message.startsWith('Invalid input') ? 'it is required' : `expected ${message}`;
}
