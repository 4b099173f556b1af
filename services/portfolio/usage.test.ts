import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { contractUse } from './usage.ts';

const use = contractUse();
const order = { accountId: 'a', clientOrderId: 'c', instrument: 'ACME', side: 'BUY', quantity: 1 };
const placing = 'mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { id } }';
const two =
  'query Old { me { ...M } } query New { me { accounts { ...N } } } fragment M on Me { id } fragment N on Account { balances { currency } }';

test.each([
  ['fields of v1', '{ me { id accounts { balance orders(last: 2) { id status } } } }', {}, 'v1'],
  ['a field of v2', '{ me { accounts { id balance balances { amountMinor } } } }', {}, 'v2'],
  [
    'a field of v2 in a fragment',
    '{ me { ...F } } fragment F on Me { accounts { orders { limit { timeInForce } } } }',
    {},
    'v2',
  ],
  ['an input of v1 in a variable', placing, { variableValues: { input: order } }, 'v1'],
  [
    'an input of v2 in a variable',
    placing,
    { variableValues: { input: { ...order, limit: { currency: 'EUR', amountMinor: '1' } } } },
    'v2',
  ],
  ['a type of v2', 'query ($l: LimitInput) { me { id } }', { variableValues: {} }, 'v2'],
  ['the operation of v1 beside one of v2', two, { operationName: 'Old' }, 'v1'],
  ['the operation of v2 beside one of v1', two, { operationName: 'New' }, 'v2'],
  ['introspection', '{ __schema { types { name } } }', {}, 'v1'],
] as const)('%s', (_name, source, given, contract) => {
  const operation = { document: parse(source), ...given };
  expect([use(operation), use(operation)]).toEqual([contract, contract]);
});
