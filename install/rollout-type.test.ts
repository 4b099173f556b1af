import { expect, test } from 'vitest';
import type { Ledger, Thing } from './ledger.ts';
import { rolloutTypeStep } from './rollout-type.ts';
import type { ClusterObjects, ObjectRef, Site } from './site.ts';

/** An API server that keeps resource types, and serves each as soon as it has it. */
function cluster() {
  const kept = new Map<string, ObjectRef>();
  const objects: ClusterObjects = {
    read: async <T>({ metadata }: ObjectRef) => kept.get(metadata.name) as T | undefined,
    serverApply: async (object) => {
      const status = { conditions: [{ type: 'Established', status: 'True' }] };
      kept.set(object.metadata.name, { ...object, status } as ObjectRef);
    },
    remove: async ({ metadata }) => kept.delete(metadata.name),
  };
  return { kept, objects };
}

function siteOf(objects: ClusterObjects): Site {
  const clock = { now: () => 0, sleep: async () => {} };
  const { signal } = new AbortController();
  return { env: {}, signal, clock, home: '/nowhere', kubeconfig: '/nowhere', openObjects: async () => objects };
}

function ledgerWith(states: Partial<Record<Thing, 'begun' | 'made'>> = {}): Ledger {
  const noted = { ...states };
  return {
    state: (thing) => noted[thing],
    begin(thing) {
      noted[thing] = 'begun';
    },
    finish(thing) {
      noted[thing] = 'made';
    },
    forget(thing) {
      delete noted[thing];
    },
  };
}

test('what is not there is installed and noted; what is there as it should be is left alone', async () => {
  const { kept, objects } = cluster();
  const ledger = ledgerWith();
  const step = rolloutTypeStep(siteOf(objects), ledger);
  expect(await step.look()).toBeUndefined();
  await step.run(() => {});
  expect([...kept.keys()]).toEqual(['rollouts.parley.dev']);
  expect(ledger.state('rollout-type')).toBe('made');
  expect(await step.look()).toBe('rollouts.parley.dev');
  expect(await rolloutTypeStep(siteOf(objects), ledgerWith()).look(), 'of another folder, the same').toBeDefined();
});

test('an older one of ours is brought up to date, one of others is refused with what to do', async () => {
  const { kept, objects } = cluster();
  const metadata = { name: 'rollouts.parley.dev', annotations: { 'parley.dev/definition-digest': 'older' } };
  kept.set(metadata.name, { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata });
  const ours = rolloutTypeStep(siteOf(objects), ledgerWith({ 'rollout-type': 'made' }));
  expect(await ours.look()).toBeUndefined();
  await expect(rolloutTypeStep(siteOf(objects), ledgerWith()).look()).rejects.toMatchObject({
    code: 'TypeOfOthers',
    hint: expect.stringContaining('--rollouts off'),
  });
});
