import { expect, test } from 'vitest';
import { differencesOf, type Expectation } from './expectation.ts';

const answer = (body: unknown, status = 200) => ({ status, text: JSON.stringify(body) });
const account = { id: 'a', balance: '1.00', open: true, limit: 3, note: null, tags: [] };

test('an answer as it is expected has no differences', () => {
  const json: Expectation['json'] = [
    { pointer: '', type: 'object' },
    { pointer: '/accounts', type: 'array' },
    { pointer: '/accounts/0/balance', type: 'string', value: '1.00' },
    { pointer: '/accounts/0/open', type: 'boolean', value: 'true' },
    { pointer: '/accounts/0/limit', type: 'number', value: '3' },
    { pointer: '/accounts/0/note', value: 'null' },
    { pointer: '/errors', type: 'absent' },
  ];
  expect(differencesOf({ status: 200, json }, answer({ accounts: [account] }), 'http')).toEqual([]);
});

test('every difference is named', () => {
  const json: Expectation['json'] = [
    { pointer: '/accounts/0/amount', type: 'number' },
    { pointer: '/accounts/0/balance', type: 'number' },
    { pointer: '/accounts/0/id', value: 'b' },
    { pointer: '/accounts/0/note', type: 'string' },
    { pointer: '/accounts/0/gone', value: 'x' },
    { pointer: '/accounts/0/tags', value: '[]' },
    { pointer: '/accounts', type: 'absent' },
  ];
  expect(differencesOf({ status: 200, json }, answer({ accounts: [account] }, 201), 'http')).toEqual([
    'status: 200 wanted, 201',
    '/accounts/0/amount: number wanted, absent',
    '/accounts/0/balance: number wanted, string',
    '/accounts/0/id: "b" wanted, "a"',
    '/accounts/0/note: string wanted, null',
    '/accounts/0/gone: "x" wanted, absent',
    '/accounts/0/tags: "[]" wanted, []',
    '/accounts: absent wanted, array',
  ]);
});

test('without a status 2xx will do for HTTP, 0 for gRPC', () => {
  const json: Expectation['json'] = [{ pointer: '/id', type: 'string' }];
  expect(differencesOf({ json }, answer(account, 204), 'http')).toEqual([]);
  expect(differencesOf({ json }, answer(account, 500), 'http')).toEqual(['status: 2xx wanted, 500']);
  expect(differencesOf({ json }, answer(account, 0), 'grpc')).toEqual([]);
  expect(differencesOf({ json }, answer(account, 14), 'grpc')).toEqual(['status: 0 wanted, 14']);
  expect(differencesOf({ status: 14, json }, answer(account, 14), 'grpc')).toEqual([
    'body: a message wanted, none comes with status 14',
  ]);
});

test.each([
  ['<html>', 'body: JSON wanted, "<html>"'],
  ['', 'body: JSON wanted, nothing'],
  ['{"accounts":', 'body: JSON wanted, "{\\"accounts\\":"'],
])('%j is no JSON', (text, difference) => {
  expect(differencesOf({ json: [{ pointer: '/a', type: 'absent' }] }, { status: 200, text }, 'http')).toEqual([
    difference,
  ]);
});
