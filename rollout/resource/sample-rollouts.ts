import type { CallSpec, CheckSpec, RolloutResource, RolloutSpec, StrategySpec } from './rollout.ts';
import { rolloutKind } from './rollout.ts';

/** What tests of the parser and of API servers write: the same Rollouts, so that both say the same. */

/** A Rollout of accounts from the members that are of interest; it may be wrong in any way. */
export const rolloutOf = (spec: object, name = 'accounts', namespace = 'default') => ({
  ...rolloutKind,
  metadata: { name, namespace },
  spec: { service: 'accounts', candidate: '2.0.0', ...spec },
});

/** A sample as its reader gets it, who trusts nothing about its form. */
export const asResource = (sample: ReturnType<typeof rolloutOf>): RolloutResource => sample;

const call: CallSpec = { name: 'read', path: '/v1/accounts/1', expect: { status: 200 } };

/** Each makes use of other fields; all are valid. */
export const goodRollouts: Readonly<Record<string, Partial<RolloutSpec>>> = {
  'nothing but the release': {},
  canary: {
    stable: '1.4.0',
    retry: 3,
    strategy: { canary: { steps: [{ weight: 1 }, { weight: 20, minDuration: '1m30s' }, { weight: 99 }] } },
    decision: {
      falseAlarm: '1%',
      missed: '0.001%',
      falseBlame: '2.5%',
      minRequests: 100,
      maxRequests: 100,
      maxDuration: '1h',
      onInconclusive: 'Pause',
    },
    paused: true,
    request: { action: 'Promote', attempt: 2 },
  },
  'blue-green': { strategy: { blueGreen: { minDuration: '30s' } }, gates: { contract: false, readinessTimeout: '5m' } },
  match: {
    strategy: {
      match: {
        any: [
          { headers: [{ name: 'x-canary', value: '1' }], cookies: [{ name: 'team', value: 'a' }] },
          { cookies: [{ name: 'canary', value: 'yes' }] },
        ],
        minDuration: '250ms',
      },
    },
  },
  mirror: { strategy: { mirror: {} }, request: { action: 'Abort', attempt: 1 } },
  consumer: {
    strategy: { consumer: { pods: 4, steps: [1, 3], minDuration: '10s' } },
    checks: [
      { name: 'gaps', counter: { name: 'sequence_gaps', good: '0.01%', bad: '1%' } },
      { name: 'lag', gauge: { name: 'consumer_lag', limit: 100.5, for: '20s' } },
    ],
  },
  'calls of its own': {
    candidate: '2.1.0-errors',
    checks: [
      { name: 'errors', errorRate: { good: '0.2%', bad: '10%' } },
      { name: 'relative', latency: { quantile: '99%', ratio: '120%', bad: '5%' } },
      { name: 'absolute', latency: { limit: '250ms' } },
      { name: 'answers', body: {} },
    ],
    gates: { smoke: true },
    noEvidence: { after: '5s', action: 'DriveTraffic' },
    calls: {
      rate: 50,
      credentials: { secretName: 'accounts-calls' },
      requests: [
        call,
        {
          name: 'open',
          method: 'POST',
          path: '/v1/accounts',
          headers: [{ name: 'accept', value: 'application/json' }],
          body: '{"owner":"x"}',
          expect: {
            json: [
              { pointer: '/id', type: 'string' },
              { pointer: '/owner', value: 'x' },
              { pointer: '/debt', type: 'absent' },
            ],
          },
        },
      ],
    },
  },
};

/** One thing that is wrong, where it is, and what its author reads. */
export interface WrongRollout {
  readonly spec: object;
  readonly name?: string;
  readonly field: string;
  readonly message: string;
  /** What an API server says instead, where a bound of the schema speaks for it; null: it cannot see it. */
  readonly server?: string | null;
}

const checks = (...list: readonly (CheckSpec | object)[]) => ({ checks: list });
const strategy = (of: StrategySpec | object) => ({ strategy: of });
const withCall = (more: object) => ({ calls: { requests: [{ ...call, ...more }] } });

const pair =
  'good must be above 0% and below bad, and bad below 100%; where one is not written, good is 0.1% and bad is 5%';
const rising = 'weights must rise from step to step, such as 10, 50; the last step to 100 comes by itself';
const pods = 'numbers of Pods must rise from step to step and stay below pods; all Pods come by themselves at the end';
const oneStrategy = 'must have exactly one of canary, blueGreen, match, mirror, consumer';
const oneKind = 'must have exactly one of errorRate, latency, body, counter, gauge beside its name';
const quantile =
  'quantile must be below 100%, and bad above what the quantile leaves and below 100%: of 95% that is more than 5%; where one is not written, quantile is 95% and bad is 20%';
const form = (example: string) => `has not the form that is wanted; write for example ${example}`;

export const wrongRollouts: Readonly<Record<string, WrongRollout>> = {
  'the name of another service': {
    spec: {},
    name: 'orders',
    field: 'spec.service',
    message: 'must be the name of this Rollout: there is one for each service, and it is named after it',
  },
  'no release': {
    spec: { candidate: undefined },
    field: 'spec.candidate',
    message: 'must be set; write for example 2.0.0',
    server: 'Required value',
  },
  'a release that is none': {
    spec: { candidate: 'v2' },
    field: 'spec.candidate',
    message: form('2.0.0'),
    server: 'must match',
  },
  'a stable release that is none': {
    spec: { stable: '1.0' },
    field: 'spec.stable',
    message: form('2.0.0'),
    server: 'must match',
  },
  'a candidate that is the stable release': {
    spec: { stable: '2.0.0' },
    field: 'spec.stable',
    message: 'must be another release than the candidate; leave it out to take the one that has most of the traffic',
  },
  'a name that is too long for a Service': {
    spec: { candidate: `2.0.0-${'a'.repeat(30)}`, service: 'a'.repeat(30) },
    name: 'a'.repeat(30),
    field: 'spec.candidate',
    message: 'is too long: <service>-<candidate> is the name of a Service and has at most 63 characters',
  },
  'a retry below zero': { spec: { retry: -1 }, field: 'spec.retry', message: 'must be at least 0' },
  'text for a number': {
    spec: { retry: '1' },
    field: 'spec.retry',
    message: 'must be a whole number',
    server: 'must be of type integer',
  },
  'no strategy in the strategy': { spec: strategy({}), field: 'spec.strategy', message: oneStrategy },
  'two strategies': { spec: strategy({ mirror: {}, blueGreen: {} }), field: 'spec.strategy', message: oneStrategy },
  'no steps': {
    spec: strategy({ canary: { steps: [] } }),
    field: 'spec.strategy.canary.steps',
    message: 'must have at least 1 items',
    server: 'must have a number of items of at least 1',
  },
  'the same weight twice': {
    spec: strategy({ canary: { steps: [{ weight: 10 }, { weight: 10 }] } }),
    field: 'spec.strategy.canary.steps',
    message: rising,
  },
  'a weight that falls': {
    spec: strategy({ canary: { steps: [{ weight: 50 }, { weight: 10 }] } }),
    field: 'spec.strategy.canary.steps',
    message: rising,
  },
  'a step to 100': {
    spec: strategy({ canary: { steps: [{ weight: 100 }] } }),
    field: 'spec.strategy.canary.steps[0].weight',
    message: 'must be at most 99',
  },
  'a duration without a unit': {
    spec: strategy({ blueGreen: { minDuration: '30' } }),
    field: 'spec.strategy.blueGreen.minDuration',
    message: form('1m30s'),
    server: 'must match',
  },
  'a match of nothing': {
    spec: strategy({ match: { any: [{}] } }),
    field: 'spec.strategy.match.any[0]',
    message: 'must have headers or cookies; a strategy without conditions is canary or blueGreen',
  },
  'a header twice': {
    spec: strategy({
      match: {
        any: [
          {
            headers: [
              { name: 'a', value: '1' },
              { name: 'a', value: '2' },
            ],
          },
        ],
      },
    }),
    field: 'spec.strategy.match.any[0].headers[1]',
    message: 'has the name of an item before it; give it another',
    server: 'Duplicate value',
  },
  'mirrored more than once': {
    spec: strategy({ mirror: { percent: 200 } }),
    field: 'spec.strategy.mirror.percent',
    message: 'must be at most 100',
  },
  'consumers that fall': {
    spec: strategy({ consumer: { pods: 4, steps: [2, 1] } }),
    field: 'spec.strategy.consumer.steps',
    message: pods,
  },
  'all consumers as a step': {
    spec: strategy({ consumer: { pods: 4, steps: [1, 4] } }),
    field: 'spec.strategy.consumer.steps',
    message: pods,
  },
  'a check of no kind': { spec: checks({ name: 'a' }), field: 'spec.checks[0]', message: oneKind },
  'a check of two kinds': {
    spec: checks({ name: 'a', errorRate: {}, latency: {} }),
    field: 'spec.checks[0]',
    message: oneKind,
  },
  'two checks of one name': {
    spec: checks({ name: 'a', errorRate: {} }, { name: 'a', latency: {} }),
    field: 'spec.checks[1]',
    message: 'has the name of an item before it; give it another',
    server: 'Duplicate value',
  },
  'no checks': {
    spec: checks(),
    field: 'spec.checks',
    message: 'must have at least 1 items',
    server: 'must have a number of items of at least 1',
  },
  'a share without a sign': {
    spec: checks({ name: 'a', errorRate: { bad: '5' } }),
    field: 'spec.checks[0].errorRate.bad',
    message: form('0.5%'),
    server: 'must match',
  },
  'a share over everything': {
    spec: checks({ name: 'a', errorRate: { bad: '101%' } }),
    field: 'spec.checks[0].errorRate.bad',
    message: form('0.5%'),
    server: 'must match',
  },
  'good worse than bad': {
    spec: checks({ name: 'a', errorRate: { good: '6%', bad: '5%' } }),
    field: 'spec.checks[0].errorRate',
    message: pair,
  },
  'good worse than the default of bad': {
    spec: checks({ name: 'a', errorRate: { good: '5%' } }),
    field: 'spec.checks[0].errorRate',
    message: pair,
  },
  'bad better than the default of good': {
    spec: checks({ name: 'a', counter: { name: 'gaps', bad: '0.1%' } }),
    field: 'spec.checks[0].counter',
    message: pair,
  },
  'good is never': {
    spec: checks({ name: 'a', errorRate: { good: '0%' } }),
    field: 'spec.checks[0].errorRate',
    message: pair,
  },
  'bad is always': {
    spec: checks({ name: 'a', errorRate: { bad: '100%' } }),
    field: 'spec.checks[0].errorRate',
    message: pair,
  },
  'a quantile that leaves as much as bad': {
    spec: checks({ name: 'a', latency: { bad: '5%' } }),
    field: 'spec.checks[0].latency',
    message: quantile,
  },
  'a quantile that leaves more than bad': {
    spec: checks({ name: 'a', latency: { quantile: '80%', bad: '20%' } }),
    field: 'spec.checks[0].latency',
    message: quantile,
  },
  'a quantile of everything': {
    spec: checks({ name: 'a', latency: { quantile: '100%' } }),
    field: 'spec.checks[0].latency',
    message: quantile,
  },
  'a limit and a ratio': {
    spec: checks({ name: 'a', latency: { limit: '1s', ratio: '150%' } }),
    field: 'spec.checks[0].latency',
    message: 'must have limit or ratio, not both: a limit is absolute, a ratio is of the stable release',
  },
  'a ratio below one': {
    spec: checks({ name: 'a', latency: { ratio: '90%' } }),
    field: 'spec.checks[0].latency.ratio',
    message: 'must be at least 100%: 150% is one and a half times the latency of the stable release',
  },
  'no time at all': {
    spec: checks({ name: 'a', latency: { limit: '0s' } }),
    field: 'spec.checks[0].latency.limit',
    message: 'must be above 0s; write for example 250ms',
  },
  'the counter of body checks': {
    spec: checks({ name: 'a', counter: { name: 'body' } }),
    field: 'spec.checks[0].counter.name',
    message: 'body is the counter of body checks; write body instead of counter',
  },
  'a body check without calls': {
    spec: checks({ name: 'a', body: {} }),
    field: 'spec.calls',
    message: 'a body check needs calls to make: write spec.calls.requests',
  },
  'a smoke gate without calls': {
    spec: { gates: { smoke: true } },
    field: 'spec.calls',
    message: 'gates.smoke needs calls to make: write spec.calls.requests',
  },
  'an evidence gate without calls': {
    spec: { gates: { evidence: true } },
    field: 'spec.calls',
    message: 'gates.evidence needs calls to make: write spec.calls.requests',
  },
  'traffic of its own without calls': {
    spec: { noEvidence: { action: 'DriveTraffic' } },
    field: 'spec.calls',
    message: 'noEvidence.action DriveTraffic needs calls to make: write spec.calls.requests',
  },
  'a probability that needs endless evidence': {
    spec: { decision: { falseAlarm: '0%' } },
    field: 'spec.decision.falseAlarm',
    message: 'must be above 0% and below 50%; write for example 0.01%',
  },
  'a coin': {
    spec: { decision: { missed: '50%' } },
    field: 'spec.decision.missed',
    message: 'must be above 0% and below 50%; write for example 0.01%',
  },
  'blame by a coin': {
    spec: { decision: { falseBlame: '75%' } },
    field: 'spec.decision.falseBlame',
    message: 'must be above 0% and below 50%; write for example 0.1%',
  },
  'no time to decide': {
    spec: { decision: { maxDuration: '0m0s' } },
    field: 'spec.decision.maxDuration',
    message: 'must be above 0s; write for example 10m',
  },
  'no time to get ready': {
    spec: { gates: { readinessTimeout: '0s' } },
    field: 'spec.gates.readinessTimeout',
    message: 'must be above 0s; write for example 60s',
  },
  'no time without evidence': {
    spec: { noEvidence: { after: '0ms' } },
    field: 'spec.noEvidence.after',
    message: 'must be above 0s; write for example 30s',
  },
  'at most less than at least': {
    spec: { decision: { minRequests: 10, maxRequests: 9 } },
    field: 'spec.decision.maxRequests',
    message: 'must be at least minRequests',
  },
  'an action that is none': {
    spec: { noEvidence: { action: 'Panic' } },
    field: 'spec.noEvidence.action',
    message: 'must be one of Wait, DriveTraffic, Stop',
    server: 'supported values: "Wait", "DriveTraffic", "Stop"',
  },
  'a word about no attempt': {
    spec: { request: { action: 'Abort', attempt: 0 } },
    field: 'spec.request.attempt',
    message: 'must be at least 1',
  },
  'a word without its attempt': {
    spec: { request: { action: 'Abort' } },
    field: 'spec.request.attempt',
    message: 'must be set',
    server: 'Required value',
  },
  'calls without requests': {
    spec: { calls: { requests: [] } },
    field: 'spec.calls.requests',
    message: 'must have at least 1 items',
    server: 'must have a number of items of at least 1',
  },
  'a call that expects nothing': {
    spec: withCall({ expect: {} }),
    field: 'spec.calls.requests[0].expect',
    message: 'must have status or json: a call without an expectation proves nothing',
  },
  'a place without expectation': {
    spec: withCall({ expect: { json: [{ pointer: '/id' }] } }),
    field: 'spec.calls.requests[0].expect.json[0]',
    message: 'must have type or value; type absent has no value',
  },
  'a value of nothing': {
    spec: withCall({ expect: { json: [{ pointer: '/id', type: 'absent', value: '1' }] } }),
    field: 'spec.calls.requests[0].expect.json[0]',
    message: 'must have type or value; type absent has no value',
  },
  'a pointer that is none': {
    spec: withCall({ expect: { json: [{ pointer: 'id', type: 'string' }] } }),
    field: 'spec.calls.requests[0].expect.json[0].pointer',
    message: form('/accounts/0/id'),
    server: 'must match',
  },
  'a body with GET': {
    spec: withCall({ body: '{}' }),
    field: 'spec.calls.requests[0].body',
    message: 'goes with method POST only; write method: POST, or leave the body out',
  },
  'a body that is no JSON': {
    spec: withCall({ method: 'POST', body: '{' }),
    field: 'spec.calls.requests[0].body',
    message: 'must be JSON text, such as {"amount": 1}',
    server: null,
  },
  'a path that is none': {
    spec: withCall({ path: 'v1' }),
    field: 'spec.calls.requests[0].path',
    message: form('/grpc.health.v1.Health/Check'),
    server: 'must match',
  },
};
