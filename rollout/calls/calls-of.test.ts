import { expect, test } from 'vitest';
import { catalogue } from '../../charts/catalogue-sample.ts';
import { callsOf } from './calls-of.ts';
import { plannedCalls } from './planned-call.ts';

function service(name: string) {
  const found = catalogue.find((each) => each.name === name);
  if (!found) throw new RangeError(`no service ${name}`);
  return found;
}

test('only contracts that both releases serve are called', () => {
  const names = (releases: string[]) => callsOf(service('accounts'), releases)?.requests.map(({ name }) => name);
  expect(names(['1.4.0', '2.0.0'])).toEqual(['accounts-v1']);
  expect(names(['2.0.0', '2.1.0-errors'])).toEqual(['accounts-v1', 'accounts-v2']);
  expect(callsOf(service('accounts'), ['1.4.0', '9.9.9'])).toBeUndefined();
});

test('services that check tokens are called with one', () => {
  expect(callsOf(service('portfolio'), ['1.4.0'])?.credentials).toEqual({ secretName: 'rollout-calls' });
  expect(callsOf(service('identity'), ['1.0.0'])?.credentials).toBeUndefined();
});

test('the calls of every service can be made', () => {
  for (const { name, protocol, default: release } of catalogue) {
    const spec = callsOf(service(name), [release]);
    if (!spec) throw new Error(`${name} has no calls`);
    expect(plannedCalls({ protocol, spec }).calls, name).not.toEqual([]);
  }
});
