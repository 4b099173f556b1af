import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileRules } from '../../local/api/cel/compile.ts';
import { ruleErrors } from '../../local/api/cel/evaluate.ts';
import { defaults } from './defaults.ts';
import { rolloutSchema } from './definition.ts';
import type { RulesAt } from './rule.ts';
import { ruleProblems } from './rule-problems.ts';
import { rolloutRuleTable } from './rules.ts';
import { asResource, rolloutOf } from './sample-rollouts.ts';

/** CEL and the parser judge the same objects; what CEL cannot say is left out of the comparison. */
const said: readonly RulesAt[] = rolloutRuleTable.map(({ path, rules }) => ({
  path,
  rules: rules.filter(({ cel }) => cel !== undefined),
}));

const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const share = fc.oneof(
  fc.constantFrom('0%', '0.1%', '5%', '5.0%', '20%', '50%', '80%', '95%', '99.9%', '100%'),
  fc.integer({ min: 0, max: 999_999 }).map((digits) => `${digits % 100}.${Math.floor(digits / 100)}%`),
);
const ratio = fc.constantFrom('99.9%', '100%', '150%', '999%');
const duration = fc.constantFrom('0s', '0m0ms', '1ms', '30s', '1m30s', '2h');
const shares = fc.record({ good: maybe(share), bad: maybe(share) });
const check = fc.record({
  name: fc.constantFrom('a', 'b'),
  errorRate: maybe(shares),
  latency: maybe(fc.record({ quantile: maybe(share), limit: maybe(duration), ratio: maybe(ratio), bad: maybe(share) })),
  body: maybe(shares),
  counter: maybe(shares.map((both) => ({ name: both.good === undefined ? 'body' : 'gaps', ...both }))),
});
const few = (min: number, max: number) => fc.array(fc.integer({ min, max }), { minLength: 1, maxLength: 4 });
const strategy = fc.record({
  canary: maybe(few(1, 99).map((weights) => ({ steps: weights.map((weight) => ({ weight })) }))),
  consumer: maybe(fc.record({ pods: fc.integer({ min: 2, max: 6 }), steps: few(1, 6) })),
  mirror: maybe(fc.constant({})),
});
const request = fc.record({
  name: fc.constant('a'),
  method: maybe(fc.constantFrom('GET', 'POST')),
  path: fc.constant('/'),
  body: maybe(fc.constant('{}')),
  expect: fc.record({
    status: maybe(fc.constant(200)),
    json: maybe(
      fc.array(
        fc.record({
          pointer: fc.constant(''),
          type: maybe(fc.constantFrom('string', 'absent')),
          value: maybe(fc.constant('x')),
        }),
        { minLength: 1, maxLength: 2 },
      ),
    ),
  }),
});
const spec = fc.record({
  service: fc.constantFrom('accounts', 'orders', 'a'.repeat(55)),
  candidate: fc.constantFrom('2.0.0', '2.10.0-errors'),
  stable: maybe(fc.constantFrom('1.0.0', '2.0.0')),
  strategy: maybe(strategy),
  checks: maybe(fc.array(check, { minLength: 1, maxLength: 3 })),
  decision: maybe(
    fc.record({
      falseAlarm: maybe(share),
      missed: maybe(share),
      maxDuration: maybe(duration),
      minRequests: maybe(fc.nat(3)),
      maxRequests: maybe(fc.integer({ min: 1, max: 3 })),
    }),
  ),
  gates: maybe(fc.record({ smoke: maybe(fc.boolean()), readinessTimeout: maybe(duration) })),
  noEvidence: maybe(fc.record({ action: maybe(fc.constantFrom('Wait', 'DriveTraffic')), after: maybe(duration) })),
  calls: maybe(fc.record({ requests: fc.array(request, { minLength: 1, maxLength: 2 }) })),
});

const { tree } = compileRules({ ...rolloutSchema }, '');

/** As an API server gets it: JSON, in which what is undefined is not there. */
const sample = (of: object) => JSON.parse(JSON.stringify(rolloutOf(of)));
const byParser = (object: ReturnType<typeof sample>, table: readonly RulesAt[]) =>
  ruleProblems(asResource(object), table, []).map(({ field, message }) => `${field}: ${message}`);
const byServer = (object: ReturnType<typeof sample>) =>
  ruleErrors(tree, object, undefined).map(({ field, detail }) => `${field}: ${detail}`);

test('whatever has the right form is judged alike by the parser and by CEL', () => {
  fc.assert(
    fc.property(spec, (of) => {
      const object = sample(of);
      expect(byParser(object, said).sort()).toEqual(byServer(object).sort());
    }),
    { numRuns: 2000 },
  );
});

test('seeded fault: another default in the parser than in the rules is found', () => {
  const shifted = said.map(({ path, rules }) => ({
    path,
    rules: path === 'spec.checks[].errorRate' ? rules.map((rule) => ({ ...rule, holds: () => true })) : rules,
  }));
  const found = fc.check(
    fc.property(spec, (of) => {
      const object = sample(of);
      return byParser(object, shifted).sort().join() === byServer(object).sort().join();
    }),
    { numRuns: 2000 },
  );
  expect(found.failed).toBe(true);
});

test('the defaults keep the rules themselves', () => {
  const object = sample({ checks: defaults.checks, decision: defaults.decision, gates: defaults.gates });
  expect([...byParser(object, rolloutRuleTable), ...byServer(object)]).toEqual([]);
});
