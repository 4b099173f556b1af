import type { Server } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import type * as z from 'zod';
import { adminServer, type ReadinessCheck } from './admin.ts';
import { type Environment, type KitSettings, kitSettings, readSettings } from './config.ts';
import { type Dial, dialThrough } from './dial.ts';
import { drain } from './drain.ts';
import { listen, placeFor } from './listening.ts';
import { jsonLog, type Log } from './log.ts';
import { type Metrics, serviceMetrics } from './metrics.ts';
import { adjusted, type Fault } from './rehearsal.ts';
import { startTracing, type Tracing } from './tracing.ts';

/** What a service is built with. */
export interface Kit {
  readonly release: Release;
  readonly settings: KitSettings;
  readonly dial: Dial;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Aborted when the drain begins; long streams end on it. */
  readonly draining: AbortSignal;
}

export interface Release {
  readonly version: string;
  /** Contract versions that it serves. */
  readonly contracts: readonly string[];
  readonly fault?: Fault;
}

/** A built service: what listens on PORT and how it leaves. */
export interface ServiceParts {
  readonly server: Server;
  readonly checks: Readonly<Record<string, ReadinessCheck>>;
  drain(): Promise<void>;
  abort(): void;
  close(): Promise<void>;
}

export interface ServiceDefinition<Settings extends z.ZodType> {
  readonly name: string;
  readonly settings: Settings;
  build(kit: Kit, settings: z.infer<Settings>): Promise<ServiceParts>;
}

export interface RunningService {
  /** Rejects if the service cannot go on: a rehearsed crash. */
  readonly broken: Promise<never>;
  /** Leaves in the drain order; resolves with false if requests had to be cut. */
  stop(): Promise<boolean>;
}

export interface Surroundings {
  readonly environment: Environment;
  readonly write: (line: string) => void;
  readonly now: () => number;
}

/**
 * Starts a release of a service: settings, admin port, service port, in this order, so that probes are answered from the beginning.
 * @throws Failure `bad-configuration`, `cannot-listen`
 */
export async function startService<S extends z.ZodType>(
  definition: ServiceDefinition<S>,
  release: Release,
  around: Surroundings,
): Promise<RunningService> {
  const own = readSettings(definition.settings, around.environment);
  const draining = new AbortController();
  const kit = await kitFor(definition.name, release, draining.signal, around);
  const { settings, metrics, tracing, log } = kit;
  const parts = await definition.build(kit, own);
  const leaving = () => (draining.signal.aborted || notReady ? 'draining' : undefined);
  let notReady = false;
  const admin = adminServer(metrics, { ...parts.checks, drain: leaving });
  await listen(admin, placeFor(settings.ADMIN_PORT, settings.HOST, settings.PARLEY_SOCKETS));
  await listen(parts.server, placeFor(settings.PORT, settings.HOST, settings.PARLEY_SOCKETS));
  log.info('listening', {
    port: settings.PORT,
    adminPort: settings.ADMIN_PORT,
    contracts: release.contracts.join(','),
    startMs: Math.round(performance.now()),
  });

  const steps = {
    notReady: () => {
      notReady = true;
    },
    finish: () => {
      draining.abort(new Error('this instance is leaving'));
      return parts.drain();
    },
    abort: () => parts.abort(),
    release: async () => {
      await parts.close();
      await tracing.shutdown();
      admin.closeAllConnections();
      await new Promise<void>((resolve) => admin.close(() => resolve()));
    },
  };
  return {
    broken: crash(kit.release.fault),
    stop: () => drain(steps, { delayMs: settings.DRAIN_DELAY_MS, timeoutMs: settings.DRAIN_TIMEOUT_MS }, log),
  };
}

async function kitFor(name: string, asBuilt: Release, draining: AbortSignal, around: Surroundings): Promise<Kit> {
  const { environment, write, now } = around;
  const settings = readSettings(kitSettings, environment);
  const release = asBuilt.fault ? { ...asBuilt, fault: adjusted(asBuilt.fault, settings) } : asBuilt;
  const log = jsonLog({
    level: settings.LOG_LEVEL,
    fields: { service: name, release: release.version, pod: settings.POD_NAME },
    write,
    now,
  });
  const dial = dialThrough(settings.PARLEY_SOCKETS);
  const tracing = await startTracing({
    endpoint: settings.OTEL_SDK_DISABLED === 'true' ? undefined : settings.OTEL_EXPORTER_OTLP_ENDPOINT,
    resource: {
      'service.name': environment.OTEL_SERVICE_NAME ?? name,
      'service.version': release.version,
      'service.namespace': settings.POD_NAMESPACE,
      'service.instance.id': settings.POD_NAME,
    },
    dial,
    log,
  });
  return { release, settings, dial, metrics: serviceMetrics(name, release.version), tracing, log, now, draining };
}

async function crash(fault: Fault | undefined): Promise<never> {
  if (fault?.kind !== 'crash') return new Promise<never>(() => {});
  const { afterMs } = fault;
  await after(afterMs, undefined, { ref: false });
  throw new Error(`this release crashes on purpose ${afterMs} ms after its start`);
}
