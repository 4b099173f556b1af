import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { goodRollouts, rolloutOf, wrongRollouts } from '../../rollout/resource/sample-rollouts.ts';
import { type Exchange, startExchange } from '../exchange.ts';

let exchange: Exchange;
beforeAll(async () => {
  exchange = await startExchange();
});
afterAll(() => exchange?.stop());

/** What the API server says of an object that is not kept: nothing when it takes it. */
async function refusal(object: object): Promise<string> {
  const apply = ['create', '--dry-run=server', '--validate=strict', '-f', '-'];
  const { code, stderr } = await exchange.attemptKubectl(apply, JSON.stringify(object));
  return code === 0 ? '' : stderr;
}

/** Bounds of the schema in the words of Kubernetes' own validation, by those of the samples. */
const ownWords: readonly (readonly [RegExp, string])[] = [
  [/^must match$/, 'should match'],
  [/^must be at least (\d+)$/, 'should be greater than or equal to $1'],
  [/^must be at most (\d+)$/, 'should be less than or equal to $1'],
  [/^must have a number of items of at least (\d+)$/, 'should have at least $1 items'],
];

const inOwnWords = (said: string) => ownWords.reduce((text, [from, to]) => text.replace(from, to), said);

const inExchange = (spec: object, name?: string) => rolloutOf(spec, name, 'exchange');

test('the API server compiled every rule: the type is served and has no complaint about its schema', async () => {
  const conditions = await exchange.kubectl('get', 'crd', 'rollouts.parley.dev', '-o', 'jsonpath={.status.conditions}');
  const states = (JSON.parse(conditions) as { type: string; status: string }[]).map(
    ({ type, status }) => `${type} ${status}`,
  );
  expect(states.sort()).toEqual(['Established True', 'NamesAccepted True']);
});

describe('what is right is taken', () => {
  test.each(Object.keys(goodRollouts))('%s', async (name) => {
    expect(await refusal(inExchange(goodRollouts[name] ?? {}))).toBe('');
  });
});

describe('what is wrong is refused, in the words of the parser', () => {
  test.each(Object.entries(wrongRollouts))('%s', async (_, { spec, name, field, message, server }) => {
    const said = await refusal(inExchange(spec, name));
    if (server === null) return expect(said, 'only the controller can see it').toBe('');
    expect(said).toContain(inOwnWords(server ?? message));
    expect(said).toContain(field.split('[')[0] ?? field);
  });
});

test('the service of a Rollout stays', async () => {
  const made = await exchange.attemptKubectl(['create', '-f', '-'], JSON.stringify(inExchange({ paused: true })));
  expect(made.stderr).toBe('');
  try {
    const patch = JSON.stringify({ spec: { service: 'orders' } });
    const changed = await exchange.attemptKubectl(['patch', 'rollout', 'accounts', '--type=merge', '-p', patch]);
    expect(changed.code).not.toBe(0);
    expect(changed.stderr).toContain('cannot be changed');
  } finally {
    await exchange.kubectl('delete', 'rollout', 'accounts');
  }
});
