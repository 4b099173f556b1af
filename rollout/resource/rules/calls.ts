import type { CallSpec } from '../rollout.ts';
import { rulesAt } from '../rule.ts';

type Expected = CallSpec['expect'];
type ExpectedValue = NonNullable<Expected['json']>[number];

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    // Not JSON is the answer here; the rule's message is what its author reads.
    return false;
  }
}

export const callRules = [
  rulesAt<CallSpec>('spec.calls.requests[]', [
    {
      cel: "!has(self.body) || (has(self.method) && self.method == 'POST')",
      message: 'goes with method POST only; write method: POST, or leave the body out',
      fieldPath: '.body',
      holds: ({ body, method }) => body === undefined || method === 'POST',
    },
    {
      message: 'must be JSON text, such as {"amount": 1}',
      fieldPath: '.body',
      holds: ({ body }) => body === undefined || isJson(body),
    },
  ]),
  rulesAt<Expected>('spec.calls.requests[].expect', [
    {
      cel: 'has(self.status) || has(self.json)',
      message: 'must have status or json: a call without an expectation proves nothing',
      holds: ({ status, json }) => status !== undefined || json !== undefined,
    },
  ]),
  rulesAt<ExpectedValue>('spec.calls.requests[].expect.json[]', [
    {
      cel: "has(self.value) ? !has(self.type) || self.type != 'absent' : has(self.type)",
      message: 'must have type or value; type absent has no value',
      holds: ({ type, value }) => (value === undefined ? type !== undefined : type !== 'absent'),
    },
  ]),
];
