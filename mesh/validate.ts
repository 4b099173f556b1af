import {
  edgeName,
  type GatewayIntent,
  grpcRetryConditions,
  type MeshIntent,
  type OutlierDetection,
  type Retry,
  type ServiceIntent,
} from './intent.ts';
import { releasePattern } from './release.ts';

/** One thing that is wrong with an intent: where, and why. */
export interface Problem {
  /** Path of the field, for example `services[accounts].split[2.0.0]`. */
  readonly field: string;
  readonly reason: string;
}

/** The intent contradicts itself; lists everything that is wrong, not the first only. */
export class IntentError extends Error {
  readonly code = 'IntentInvalid';
  readonly hint = 'correct the fields named above, then run the command again';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(`the mesh intent is invalid:\n${problems.map(({ field, reason }) => `  ${field}: ${reason}`).join('\n')}`);
    this.name = 'IntentError';
    this.problems = problems;
  }
}

const dnsLabel = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;
/** `backendRefs[].weight` (https://gateway-api.sigs.k8s.io/reference/spec/#backendref). */
const maxWeight = 1_000_000;
/** The longest duration that Gateway API can write in one unit of seconds. */
const maxDurationMs = 99_999_000;

type Report = (field: string, reason: string) => void;

/** Everything that is wrong with the intent, in the order of its fields; empty when it can be compiled. */
export function validateIntent(intent: MeshIntent): Problem[] {
  const problems: Problem[] = [];
  const report: Report = (field, reason) => problems.push({ field, reason });
  label(report, 'namespace', intent.namespace);
  if (intent.trustDomain === '') report('trustDomain', 'is empty');
  validateGateway(report, intent.gateway);
  const names = intent.services.map((service) => service.name);
  for (const service of intent.services) validateService(report, `services[${service.name}]`, service, names);
  for (const name of duplicates(names)) report(`services[${name}]`, 'is there more than once');
  validateEdgePaths(report, intent.services);
  if (intent.tracing) range(report, 'tracing.samplingPercent', intent.tracing.samplingPercent, 0, 100);
  return problems;
}

/** Throws {@link IntentError} unless the intent can be compiled. */
export function assertValid(intent: MeshIntent): void {
  const problems = validateIntent(intent);
  if (problems.length > 0) throw new IntentError(problems);
}

function validateGateway(report: Report, gateway: GatewayIntent): void {
  label(report, 'gateway.name', gateway.name);
  for (const listener of gateway.listeners) {
    const field = `gateway.listeners[${listener.name}]`;
    port(report, `${field}.port`, listener.port);
    if (listener.protocol === 'HTTPS' && !listener.certificate) report(`${field}.certificate`, 'HTTPS needs a Secret');
    if (listener.protocol === 'HTTP' && listener.certificate) report(`${field}.certificate`, 'HTTP takes none');
  }
  for (const name of duplicates(gateway.listeners.map(({ name }) => name))) {
    report(`gateway.listeners[${name}].name`, 'is there more than once');
  }
  for (const number of duplicates(gateway.listeners.map(({ port }) => port))) {
    report('gateway.listeners', `port ${number} is there more than once`);
  }
}

function validateService(report: Report, field: string, service: ServiceIntent, names: readonly string[]): void {
  label(report, `${field}.name`, service.name);
  if (service.name === edgeName) report(`${field}.name`, `\`${edgeName}\` is the gateway`);
  label(report, `${field}.serviceAccount`, service.serviceAccount);
  port(report, `${field}.port`, service.port);
  validateSplit(report, field, service);
  for (const caller of service.allow) {
    if (caller === service.name) report(`${field}.allow`, 'a service need not be allowed to call itself');
    else if (caller !== edgeName && !names.includes(caller)) {
      report(`${field}.allow`, `\`${caller}\` is no service; known: ${[edgeName, ...names].join(', ')}`);
    }
  }
  for (const caller of duplicates(service.allow)) report(`${field}.allow`, `\`${caller}\` is there more than once`);
  if (service.timeoutMs !== undefined) duration(report, `${field}.timeoutMs`, service.timeoutMs);
  if (service.retry) validateRetry(report, `${field}.retry`, service.retry, service);
  if (service.outlierDetection) validateOutliers(report, `${field}.outlierDetection`, service.outlierDetection);
  if (service.edge) validateEdge(report, field, service, service.edge);
}

function validateSplit(report: Report, field: string, service: ServiceIntent): void {
  const weights = Object.entries(service.split);
  for (const [version, weight] of weights) {
    const at = `${field}.split[${version}]`;
    if (!releasePattern.test(version)) report(at, 'is no version such as 1.4.0 or 2.1.0-errors');
    if (!Number.isInteger(weight) || weight < 0 || weight > maxWeight) {
      report(at, `weight ${weight} is no whole number from 0 to ${maxWeight}`);
    }
  }
  if (weights.length > 0 && weights.every(([, weight]) => weight === 0)) {
    report(`${field}.split`, 'all weights are 0: every request would be refused');
  }
  for (const [index, match] of (service.match ?? []).entries()) {
    const at = `${field}.match[${index}]`;
    if (match.header === '') report(`${at}.header`, 'is empty');
    if (!(match.release in service.split)) {
      report(`${at}.release`, `\`${match.release}\` is not in split; known: ${Object.keys(service.split).join(', ')}`);
    }
  }
}

function validateRetry(report: Report, field: string, retry: Retry, service: ServiceIntent): void {
  range(report, `${field}.attempts`, retry.attempts, 1, 10);
  if (retry.on.length === 0) report(`${field}.on`, 'is empty: nothing would be tried again');
  for (const condition of retry.on) {
    if (service.protocol === 'http') {
      if (typeof condition !== 'number') report(`${field}.on`, `\`${condition}\` is no HTTP status code`);
      else range(report, `${field}.on`, condition, 400, 599);
    } else if (service.protocol === 'grpc' && !grpcRetryConditions.some((known) => known === condition)) {
      report(`${field}.on`, `\`${condition}\` is none of ${grpcRetryConditions.join(', ')}`);
    }
  }
  for (const condition of duplicates(retry.on)) report(`${field}.on`, `${condition} is there more than once`);
  if (retry.backoffMs !== undefined) duration(report, `${field}.backoffMs`, retry.backoffMs);
  if (retry.perTryTimeoutMs === undefined) return;
  duration(report, `${field}.perTryTimeoutMs`, retry.perTryTimeoutMs);
  if (service.timeoutMs !== undefined && retry.perTryTimeoutMs > service.timeoutMs) {
    report(`${field}.perTryTimeoutMs`, `${retry.perTryTimeoutMs} is longer than timeoutMs ${service.timeoutMs}`);
  }
}

function validateOutliers(report: Report, field: string, outliers: OutlierDetection): void {
  range(report, `${field}.consecutiveErrors`, outliers.consecutiveErrors, 1, 1_000_000);
  duration(report, `${field}.intervalMs`, outliers.intervalMs);
  duration(report, `${field}.baseEjectionMs`, outliers.baseEjectionMs);
  range(report, `${field}.maxEjectionPercent`, outliers.maxEjectionPercent, 0, 100);
}

function validateEdge(
  report: Report,
  field: string,
  service: ServiceIntent,
  edge: NonNullable<ServiceIntent['edge']>,
): void {
  const { paths = [], grpcServices = [] } = edge;
  if (!service.allow.includes(edgeName)) report(`${field}.allow`, `has edge paths, so \`${edgeName}\` must be allowed`);
  if (Object.keys(service.split).length === 0) report(`${field}.edge`, 'a service without releases has no route');
  if (service.protocol === 'tcp') report(`${field}.edge`, 'the gateway has no TCP listener');
  if (service.protocol === 'http' && grpcServices.length > 0) report(`${field}.edge.grpcServices`, 'protocol is http');
  if (service.protocol === 'grpc' && paths.length > 0) report(`${field}.edge.paths`, 'protocol is grpc');
  if (paths.length + grpcServices.length === 0) report(`${field}.edge`, 'names no path and no gRPC service');
  for (const path of paths) {
    if (!path.startsWith('/') || /[?#]|\/\//.test(path) || (path !== '/' && path.endsWith('/'))) {
      report(`${field}.edge.paths`, `\`${path}\` is no path such as /v1/accounts`);
    }
  }
}

function validateEdgePaths(report: Report, services: readonly ServiceIntent[]): void {
  const owners = new Map<string, string>();
  for (const { name, edge } of services) {
    for (const path of [...(edge?.paths ?? []), ...(edge?.grpcServices ?? [])]) {
      const owner = owners.get(path);
      if (owner !== undefined) report(`services[${name}].edge`, `\`${path}\` already leads to ${owner}`);
      owners.set(path, name);
    }
  }
}

function label(report: Report, field: string, value: string): void {
  if (!dnsLabel.test(value)) report(field, `\`${value}\` is no DNS label (a-z, 0-9, -; at most 63)`);
}

function port(report: Report, field: string, value: number): void {
  if (!Number.isInteger(value) || value < 1 || value > 65_535) report(field, `${value} is no port from 1 to 65535`);
}

function range(report: Report, field: string, value: number, min: number, max: number): void {
  if (!Number.isFinite(value) || value < min || value > max) report(field, `${value} is not from ${min} to ${max}`);
}

function duration(report: Report, field: string, ms: number): void {
  if (!Number.isInteger(ms) || ms < 1 || ms > maxDurationMs) {
    report(field, `${ms} is no whole number of milliseconds from 1 to ${maxDurationMs}`);
  }
}

function duplicates<T>(values: readonly T[]): T[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}
