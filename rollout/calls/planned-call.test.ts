import { expect, test } from 'vitest';
import type { CallSpec } from '../resource/rollout.ts';
import type { CallError } from './call-error.ts';
import { plannedCalls } from './planned-call.ts';

const call: CallSpec = { name: 'list', path: '/v1/accounts', expect: { status: 200 } };
const check = { ...call, path: '/grpc.health.v1.Health/Check' };

function refusal(protocol: 'http' | 'grpc' | 'tcp', ...requests: CallSpec[]): CallError {
  try {
    plannedCalls({ protocol, spec: { requests } });
  } catch (error) {
    return error as CallError;
  }
  throw new Error('the calls were taken');
}

test('defaults are filled in', () => {
  const posted: CallSpec = { ...call, method: 'POST', body: '{}', headers: [{ name: 'X-Kind', value: 'a' }] };
  expect(plannedCalls({ protocol: 'http', spec: { requests: [call, posted] } }).calls).toMatchObject([
    { method: 'GET', headers: {}, body: undefined },
    { method: 'POST', headers: { 'x-kind': 'a' }, body: '{}' },
  ]);
});

test('everything that is wrong is said at once', () => {
  const { code, message } = refusal(
    'http',
    { ...call, name: 'one', path: 'accounts', method: 'GET', body: '{' },
    { ...call, name: 'two', headers: [{ name: 'X-Parley-Rollout', value: 'u.1' }] },
    { ...call, name: 'three', expect: { json: [{ pointer: 'id', type: 'string' }] } },
    { ...call, name: 'four', headers: [{ name: 'a b', value: 'x\r\ny' }] },
  );
  expect(code).toBe('CallsInvalid');
  expect(message.split('; ')).toEqual([
    'call one: path: accounts is no path such as /v1/accounts',
    'call one: body: is no JSON',
    'call one: body: a GET has none',
    'call two: headers: X-Parley-Rollout is set by the kit',
    'call three: expect.json: id is no JSON pointer such as /accounts/0/id',
    'call four: headers: a b is no name of a header',
    'call four: headers: the value of a b has other characters than ASCII',
  ]);
});

test.each([
  ['body', { body: '{"id":"1"}' }],
  ['expect.json', { expect: { json: [{ pointer: '/id', type: 'string' as const }] } }],
])('%s of a gRPC method whose messages are not known is an error of its own', (what, more) => {
  const { code, message, hint } = refusal('grpc', { ...call, path: '/shop.v1.Shop/Buy', ...more });
  expect({ code, message }).toEqual({
    code: 'GrpcMessageUnknown',
    message: `call list: ${what} of /shop.v1.Shop/Buy: the messages of this gRPC method are not known to the kit`,
  });
  expect(hint).toContain('/grpc.health.v1.Health/Check');
});

test('the messages of gRPC health are known, and of any method the status', () => {
  const spec = {
    requests: [
      { ...check, body: '{}', expect: { json: [{ pointer: '/status', value: 'SERVING' }] } },
      { ...check, path: '/shop.v1.Shop/Buy', expect: { status: 3 } },
    ],
  };
  expect(plannedCalls({ protocol: 'grpc', spec }).calls).toHaveLength(2);
});

test('what cannot be called is refused', () => {
  expect(refusal('tcp', call).code).toBe('CallsInvalid');
  expect(refusal('http').message).toBe('requests: there is none');
  expect(refusal('grpc', { ...call, path: '/v1/accounts/1' }).message).toBe(
    'call list: path: /v1/accounts/1 is no gRPC method such as /grpc.health.v1.Health/Check',
  );
  expect(refusal('grpc', { ...check, body: '{"servce":"x"}' }).message).toContain('call list: body: ');
  expect(() => plannedCalls({ protocol: 'http', spec: { rate: 0, requests: [call] } })).toThrow('rate: 0');
});
