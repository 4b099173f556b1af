import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Who called what, and how it ended. `contract` is the contract version of the call, `none` if it has none. */
export interface Finished {
  readonly method: string;
  readonly operation: string;
  readonly contract: string;
  readonly caller: string;
  /** HTTP status or gRPC status name. */
  readonly status: string;
  readonly failed: boolean;
  readonly seconds: number;
}

export interface Metrics {
  readonly registry: Registry;
  started(): void;
  finished(call: Finished): void;
  /** Calls to a provider that took the older contract because the newer one was not served. */
  fellBack(provider: string, contract: string): void;
}

const mostCallers = 64;

/**
 * RED metrics on a registry of their own:
 * `parley_requests_total{service,release,contract,caller,method,operation,status,outcome}`,
 * `parley_request_duration_seconds{service,release,contract,operation}`, `parley_requests_in_flight`,
 * `parley_contract_fallbacks_total{provider,contract}` and Node's own.
 */
export function serviceMetrics(service: string, release: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service, release });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const total = new Counter({
    name: 'parley_requests_total',
    help: 'Requests that were answered.',
    labelNames: ['contract', 'caller', 'method', 'operation', 'status', 'outcome'],
    registers,
  });
  const duration = new Histogram({
    name: 'parley_request_duration_seconds',
    help: 'Time from the head of a request to the end of its answer.',
    labelNames: ['contract', 'operation'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers,
  });
  const inFlight = new Gauge({
    name: 'parley_requests_in_flight',
    help: 'Requests without a complete answer.',
    registers,
  });
  const fallbacks = new Counter({
    name: 'parley_contract_fallbacks_total',
    help: 'Calls to a provider that took the older contract.',
    labelNames: ['provider', 'contract'],
    registers,
  });
  const callers = new Set<string>();
  const bounded = (caller: string) => {
    if (callers.has(caller)) return caller;
    if (callers.size >= mostCallers) return 'other';
    callers.add(caller);
    return caller;
  };
  return {
    registry,
    started: () => inFlight.inc(),
    finished: ({ contract, caller, method, operation, status, failed, seconds }) => {
      inFlight.dec();
      const outcome = failed ? 'error' : 'ok';
      total.inc({ contract, caller: bounded(caller), method, operation, status, outcome });
      duration.observe({ contract, operation }, seconds);
    },
    fellBack: (provider, contract) => fallbacks.inc({ provider, contract }),
  };
}
