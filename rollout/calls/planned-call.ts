import { rolloutHeader } from '../../mesh/rollout-header.ts';
import type { NamedValue } from '../core/traffic.ts';
import type { CallSpec, CallsSpec } from '../resource/rollout.ts';
import { CallError } from './call-error.ts';
import type { Expectation } from './expectation.ts';
import { hasKnownMessages, isGrpcPath, messageProblems } from './grpc-method.ts';
import { isJsonPointer } from './json-pointer.ts';
import type { CallTarget } from './release-calls.ts';

/** A call that can be made, with every default filled in. */
export interface PlannedCall {
  readonly name: string;
  readonly protocol: 'http' | 'grpc';
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly expect: Expectation;
}

export interface PlannedCalls {
  readonly protocol: 'http' | 'grpc';
  /** At least one. */
  readonly calls: readonly PlannedCall[];
}

const mostRate = 1_000;

/**
 * The calls of a Rollout, found to be possible. Throws a {@link CallError}: `GrpcMessageUnknown` for a body or JSON expectation of a gRPC
 * method whose messages are not known here, else `CallsInvalid` with everything that is wrong.
 */
export function plannedCalls({ protocol, spec }: Pick<CallTarget, 'protocol' | 'spec'>): PlannedCalls {
  if (protocol === 'tcp')
    throw new CallError(
      'CallsInvalid',
      'calls are made to services that speak HTTP or gRPC, this one speaks tcp',
      'remove spec.calls, and the checks and gates that need them',
    );
  if (protocol === 'grpc') for (const call of spec.requests) wantKnownMessages(call);
  const problems = [...rateProblems(spec), ...spec.requests.flatMap((call) => problemsOf(call, protocol))];
  if (problems.length > 0)
    throw new CallError('CallsInvalid', problems.join('; '), 'correct spec.calls: kubectl explain rollout.spec.calls');
  const calls = spec.requests.map((call) => ({
    name: call.name,
    protocol,
    method: call.method ?? (call.body === undefined ? 'GET' : 'POST'),
    path: call.path,
    headers: Object.fromEntries((call.headers ?? []).map(({ name, value }) => [name.toLowerCase(), value])),
    body: call.body,
    expect: call.expect,
  }));
  return { protocol, calls };
}

function wantKnownMessages({ name, path, body, expect }: CallSpec): void {
  if (hasKnownMessages(path)) return;
  const asked = [body === undefined ? [] : ['body'], expect.json?.length ? ['expect.json'] : []].flat();
  if (asked.length === 0) return;
  throw new CallError(
    'GrpcMessageUnknown',
    `call ${name}: ${asked.join(' and ')} of ${path}: the messages of this gRPC method are not known to the kit`,
    'expect a status only, with an empty request; or call /grpc.health.v1.Health/Check',
  );
}

function rateProblems({ rate, requests }: CallsSpec): string[] {
  const problems: string[] = [];
  if (requests.length === 0) problems.push('requests: there is none');
  if (rate !== undefined && !(rate > 0 && rate <= mostRate))
    problems.push(`rate: ${rate} is not within 0 and ${mostRate} a second`);
  return problems;
}

function problemsOf(call: CallSpec, protocol: 'http' | 'grpc'): string[] {
  const problems: string[] = [];
  if (protocol === 'grpc' && !isGrpcPath(call.path))
    problems.push(`path: ${call.path} is no gRPC method such as /grpc.health.v1.Health/Check`);
  if (protocol === 'grpc' && call.method === 'GET') problems.push('method: a gRPC call is a POST');
  if (protocol === 'http' && !/^\/[\x21-\x7e]*$/.test(call.path))
    problems.push(`path: ${call.path} is no path such as /v1/accounts`);
  if (call.body !== undefined && !isJson(call.body)) problems.push('body: is no JSON');
  else if (call.body !== undefined && protocol === 'grpc' && isGrpcPath(call.path))
    problems.push(...messageProblems(call.path, call.body));
  if (call.body !== undefined && call.method === 'GET') problems.push('body: a GET has none');
  problems.push(...(call.headers ?? []).flatMap(headerProblems));
  for (const { pointer } of call.expect.json ?? [])
    if (!isJsonPointer(pointer)) problems.push(`expect.json: ${pointer} is no JSON pointer such as /accounts/0/id`);
  return problems.map((problem) => `call ${call.name}: ${problem}`);
}

/** Names are tokens, values visible characters with spaces (https://www.rfc-editor.org/rfc/rfc9110#section-5.5). */
function headerProblems({ name, value }: NamedValue): string[] {
  const problems: string[] = [];
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) problems.push(`headers: ${name} is no name of a header`);
  if (!/^[\t\x20-\x7e]*$/.test(value)) problems.push(`headers: the value of ${name} has other characters than ASCII`);
  if (name.toLowerCase() === rolloutHeader) problems.push(`headers: ${name} is set by the kit`);
  return problems;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false; // The caller names the call.
  }
}
