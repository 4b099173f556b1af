import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createRolloutMetrics } from '../../../rollout/controller/metrics.ts';
import { serviceMetrics } from '../../../services/kit/metrics.ts';

/** What the programs of the exchange show: nothing, what they show when all is well, or that and the faults. */
export type Phase = 'dark' | 'well' | 'fault';

/** Milliseconds since an unknown time, as `performance.now` gives them. */
type Clock = () => number;

const recorded = join(import.meta.dirname, 'recorded');

/** The phases that have begun, and how long each has lasted. */
export class Scenario {
  readonly #now: Clock;
  readonly #begun = new Map<Phase, number>();

  constructor(now: Clock) {
    this.#now = now;
  }

  begin(phase: Phase): void {
    this.#begun.set(phase, this.#now());
  }

  /** Seconds since the phase began; undefined: it has not. */
  seconds(phase: Phase): number | undefined {
    const begun = this.#begun.get(phase);
    return begun === undefined ? undefined : (this.#now() - begun) / 1000;
  }
}

/** The metrics of one program, anew at each look. */
export type Exposition = () => Promise<string>;

/** Metrics of a file of `recorded/` without its ending; its faults come with the phase `fault`, if there are any. */
export function recording(file: string, scenario: Scenario): Exposition {
  const well = readFileSync(join(recorded, `${file}.prom`), 'utf8');
  const fault = faultOf(file);
  return async () => {
    const seconds = scenario.seconds('well');
    if (seconds === undefined) return '';
    return grown(well, seconds) + grown(fault, scenario.seconds('fault') ?? 0, scenario.seconds('fault') !== undefined);
  };
}

function faultOf(file: string): string {
  try {
    return readFileSync(join(recorded, `${file}.fault.prom`), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

/** The text after so many seconds: counters have grown from zero, gauges are shown as they are, or not at all. */
function grown(text: string, seconds: number, gauges = true): string {
  const kinds = new Map<string, string>();
  return text
    .split('\n')
    .flatMap((line) => {
      const [, family, kind] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
      if (family && kind) kinds.set(family, kind);
      const [, name, labels, value] = /^([\w:]+)(\{.*\})? (\S+)$/.exec(line) ?? [];
      if (name === undefined) return [line];
      if (kinds.get(name) === 'gauge') return gauges ? [line] : [];
      return [`${name}${labels ?? ''} ${Number(value) * seconds}`];
    })
    .join('\n');
}

/** The own metrics of a release of a service, which answers ten requests between two looks and fails one of ten in the phase `fault`. */
export function kitOf(service: string, release: string, scenario: Scenario): Exposition {
  const metrics = serviceMetrics(service, release);
  const grpc = service === 'orders';
  return async () => {
    if (scenario.seconds('well') === undefined) return '';
    for (let i = 0; i < 10; i++) {
      metrics.started();
      metrics.finished({
        method: grpc ? 'GRPC' : 'GET',
        operation: grpc ? 'exchange.orders.v1.OrderService/GetOrder' : '/v1/accounts/:id',
        contract: 'v1',
        caller: 'portfolio',
        status: grpc ? 'OK' : '200',
        failed: i === 0 && scenario.seconds('fault') !== undefined,
        seconds: 0.008,
      });
    }
    metrics.fellBack('accounts', 'v1');
    return metrics.registry.metrics();
  };
}

/** What the controller tells of a rollout of accounts 2.0.0, which is one stage further in the phase `fault`, and bad. */
export function rolloutOf(scenario: Scenario): Exposition {
  const metrics = createRolloutMetrics();
  return async () => {
    if (scenario.seconds('well') === undefined) return '';
    const began = {
      stable: '1.4.0',
      candidate: '2.0.0',
      weight: 10,
      stage: '1/3 10 %',
      verdict: 'inconclusive',
    } as const;
    const failing = { ...began, weight: 20, stage: '2/3 20 %', verdict: 'fail' } as const;
    metrics.show('exchange', 'accounts', scenario.seconds('fault') === undefined ? began : failing);
    return metrics.registry.metrics();
  };
}

/**
 * Calls of ten minutes ago to a service that nobody calls now, in the phase `fault`: a recorded series with its time, because the
 * test does not last that long. `epochMs` is the time of day.
 */
export function formerCalls(scenario: Scenario, epochMs: Clock): Exposition {
  const labels = 'source="edge",destination="messenger",protocol="http",code_class="2xx"';
  return async () =>
    scenario.seconds('fault') === undefined ? '' : `parley:requests:rate1m{${labels}} 5 ${epochMs() - 605_000}`;
}

/** A program that Prometheus can read, at an address of its own. */
export interface Served {
  readonly port: number;
  readonly server: Server;
}

/** Serves what the expositions say together; `fails` answers 503 instead. */
export async function serve(
  host: string,
  expositions: readonly Exposition[],
  fails: () => boolean = () => false,
): Promise<Served> {
  const server = createServer((_, response) => {
    if (fails()) {
      response.writeHead(503).end();
      return;
    }
    Promise.all(expositions.map((exposition) => exposition())).then(
      (texts) => response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(`${texts.join('\n')}\n`),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, resolve);
  });
  return { port: (server.address() as AddressInfo).port, server };
}
