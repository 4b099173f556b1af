import { expect, test } from 'vitest';
import { onwardHeaders } from './call.ts';

test('what is called on behalf of a request carries its token and its request id, and nothing that it did not have', () => {
  expect(onwardHeaders({ authorization: 'Bearer t', requestId: 'a-b' })).toEqual({
    authorization: 'Bearer t',
    'x-request-id': 'a-b',
  });
  expect(onwardHeaders({})).toEqual({});
  expect(onwardHeaders(undefined)).toEqual({});
});
