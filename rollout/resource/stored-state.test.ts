import { expect, test } from 'vitest';
import { schemaErrors } from '../../local/api/admission/custom-schema.ts';
import { prune } from '../../local/api/schema/prune.ts';
import { isObject, type JsonObject } from '../../local/store/json.ts';
import { type Behaviour, rehearsals, sound } from '../core/simulation/behaviour.ts';
import { seeded } from '../core/simulation/random.ts';
import { planOf, run } from '../core/simulation/run.ts';
import { World, type WorldOptions } from '../core/simulation/world.ts';
import { step } from '../core/step.ts';
import { rolloutSchema } from './definition.ts';
import type { RolloutStatus } from './rollout.ts';
import { stateOf, statusOf } from './status.ts';

const schema: JsonObject = { ...rolloutSchema };
const generation = 1;
const plan = planOf();

/** The status as an API server keeps it, with what it would have refused or dropped. */
function stored(status: RolloutStatus): { kept: RolloutStatus; complaints: readonly string[] } {
  const dropped: string[] = [];
  const sent: JsonObject = JSON.parse(JSON.stringify({ spec: {}, status }));
  const object = prune(schema, sent, '', dropped);
  const properties = isObject(schema.properties) ? schema.properties : {};
  const wrong = schemaErrors({ type: 'object', properties: { status: properties.status } }, object, '');
  const kept: RolloutStatus = isObject(object) && isObject(object.status) ? object.status : {};
  return { kept, complaints: [...dropped, ...wrong.map(({ field, detail }) => `${field}: ${detail}`)] };
}

/** A rollout whose controller is gone after every step: the next one has nothing but the stored status. */
function runFromStatus(seed: number, options: WorldOptions) {
  const world = new World(seeded(seed), options);
  const phases = new Set<string>();
  let status: RolloutStatus | undefined;
  for (let ticks = 1; ticks <= 12_000; ticks++) {
    const observation = world.observe(plan);
    const { state, effects } = step(stateOf(status), observation);
    const { kept, complaints } = stored(statusOf(state, plan, status, { generation, nowMs: observation.nowMs }));
    expect(complaints, `tick ${ticks}, ${state.phase}`).toEqual([]);
    status = kept;
    phases.add(state.phase);
    world.carryOut(effects);
    if (state.phase === 'Ended') return { ended: state, ticks, phases: [...phases], status };
  }
  throw new Error(`seed ${seed} does not end: ${JSON.stringify(status)}`);
}

const good: Behaviour = () => sound;
const worlds: readonly [string, WorldOptions][] = [
  ['good', { behaviour: good, requestsPerSecond: 200 }],
  ['good, with gaps in the evidence', { behaviour: good, requestsPerSecond: 200, unreadable: 0.05, silent: 0.2 }],
  ...Object.entries(rehearsals).map(([name, behaviourOf]): [string, WorldOptions] => [
    name,
    { behaviour: behaviourOf(seeded(7)), requestsPerSecond: 200 },
  ]),
];

test.each(worlds)(
  'a rollout that goes on from its status at every step ends as one that never stopped: %s',
  (_name, options) => {
    for (let seed = 1; seed <= 5; seed++) {
      const whole = run(seed, options, plan);
      const pieces = runFromStatus(seed, options);
      expect(pieces.ended).toEqual(whole.ended);
      expect(pieces.ticks).toBe(whole.ticks);
      expect(pieces.phases).toEqual(expect.arrayContaining(['Gating', 'Shifting', 'Analysing', 'Ended']));
      expect(pieces.status.history).toHaveLength(1);
    }
  },
);

test('seeded fault: a status that no API server would keep is found', () => {
  const { state } = step(
    stateOf(undefined),
    new World(seeded(1), { behaviour: good, requestsPerSecond: 200 }).observe(plan),
  );
  const status = statusOf(state, plan, undefined, { generation, nowMs: 0 });
  expect(stored({ ...status, attempt: 1.5 }).complaints).toEqual([
    'status.attempt: must be of type integer, not number',
  ]);
  expect(stored({ ...status, ...{ colour: 'blue' } }).complaints).toEqual(['status.colour']);
});
