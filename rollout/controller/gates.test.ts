import { expect, test } from 'vitest';
import { createTestClock, eventually } from '../../local/test-clock.ts';
import type { EvidenceSource, Missing } from '../evidence/source.ts';
import { askedGates } from './gates.ts';

const target = {
  namespace: 'exchange',
  service: 'accounts',
  port: 8080,
  protocol: 'http',
  stable: '1.4.0',
  candidate: '2.0.0',
  counters: [],
  gauges: [],
} as const;

function sourceThat(missing: readonly Missing[]): EvidenceSource {
  return {
    name: 'prometheus',
    open: () => ({ read: async () => ({ kind: 'missing', reason: 'nothing', hint: 'nothing' }), close: () => {} }),
    preflight: async () => missing,
    close: async () => {},
  };
}

async function gateWith(missing: readonly Missing[]) {
  const options = { calls: undefined, evidence: sourceThat(missing), clock: createTestClock() };
  let answers = 0;
  const gates = askedGates(options, () => {
    answers += 1;
  });
  const ask = () => gates.ask(['evidence'], { smoke: undefined, evidence: target }).evidence;
  expect(ask()).toMatchObject({ result: 'pending', reason: 'the source of evidence is being asked' });
  await eventually('an answer', () => answers > 0);
  return ask();
}

test('evidence that will come opens the gate', async () => {
  expect(await gateWith([])).toEqual({ gate: 'evidence', result: 'open', reason: 'prometheus saw the calls' });
});

test('evidence that would not come is named before the first request', async () => {
  const label = { what: 'no label destination_version', hint: 'add it to the metric' };
  expect(await gateWith([label, { what: 'no series', hint: 'scrape it' }])).toMatchObject({
    result: 'pending',
    reason: 'prometheus: no label destination_version (and 1 more); add it to the metric',
  });
});

test('calls without an edge shut the gate, with the option that is missing', async () => {
  const options = { calls: undefined, evidence: sourceThat([]), clock: createTestClock() };
  const gates = askedGates(options, () => {});
  const spec = { requests: [] };
  const smoke = { namespace: 'exchange', service: 'accounts', uid: 'u', stable: '1', candidate: '2', spec } as const;
  const ask = () => gates.ask(['smoke'], { smoke: { ...smoke, protocol: 'http' }, evidence: undefined }).smoke;
  ask();
  await eventually('shut', () => ask()?.result === 'shut', ask);
  expect(ask()?.reason).toContain('--edge URL');
});
