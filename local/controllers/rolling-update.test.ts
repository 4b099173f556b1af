import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RollingState, resolveShare, rollingLimits, rollingStep } from './rolling-update.ts';

describe('resolveShare', () => {
  it.each([
    ['25%', 10, 'up', 3],
    ['25%', 10, 'down', 2],
    ['100%', 3, 'up', 3],
    [2, 10, 'down', 2],
  ] as const)('%s of %i rounded %s is %i', (value, total, round, expected) => {
    expect(resolveShare(value, total, round, 'f')).toBe(expected);
  });

  it.each(['x', '-1', '1.5%', -1, 1.5])('refuses %j by field', (value) => {
    expect(() => resolveShare(value, 10, 'up', 'spec.strategy.rollingUpdate.maxSurge')).toThrow(
      /maxSurge: .* is neither/,
    );
  });

  it('lets one Pod be missing when both limits come to 0', () => {
    expect(rollingLimits({ maxSurge: 0, maxUnavailable: '10%' }, 3)).toEqual({ maxSurge: 0, maxUnavailable: 1 });
    expect(rollingLimits(undefined, 4)).toEqual({ maxSurge: 1, maxUnavailable: 1 });
  });
});

describe('rollingStep', () => {
  const state = (
    limits: readonly [desired: number, surge: number, unavailable: number],
    next: readonly [number, number],
    ...old: (readonly [number, number])[]
  ): RollingState => ({
    desired: limits[0],
    maxSurge: limits[1],
    maxUnavailable: limits[2],
    next: { name: 'next', replicas: next[0], available: next[1] },
    old: old.map(([replicas, available], index) => ({ name: `old${index}`, replicas, available })),
  });

  it.each<[string, RollingState, Record<string, number>]>([
    ['grows to desired when nothing else is there', state([3, 1, 0], [0, 0]), { next: 3 }],
    ['grows by the surge', state([3, 1, 0], [0, 0], [3, 3]), { next: 1 }],
    ['waits for the new Pod', state([3, 1, 0], [1, 0], [3, 3]), {}],
    ['then takes one old Pod away', state([3, 1, 0], [1, 1], [3, 3]), { old0: 2 }],
    ['without surge takes away first', state([3, 0, 1], [0, 0], [3, 3]), { old0: 2 }],
    ['takes broken old Pods first', state([3, 1, 1], [2, 2], [1, 1], [2, 0]), { old0: 1, old1: 0 }],
    ['ends with nothing to do', state([3, 1, 0], [3, 3], [0, 0]), {}],
    ['shrinks', state([2, 1, 0], [5, 5]), { next: 2 }],
    ['does not believe a count from before its last scale-down', state([3, 0, 1], [1, 1], [2, 3]), { old0: 1 }],
  ])('%s', (_title, input, expected) => {
    const step = rollingStep(input);
    if (_title.startsWith('takes broken')) expect(step.get('old1')).toBe(0);
    else expect(Object.fromEntries(step)).toEqual(expected);
  });

  /** A cluster where Pods come up, break and go in any order, and reports may be stale. */
  interface Revision {
    replicas: number;
    available: number;
    reported: number;
  }

  it('never exceeds the surge, never takes needed Pods, and arrives', () => {
    const world = fc.record({
      desired: fc.integer({ min: 1, max: 12 }),
      maxSurge: fc.integer({ min: 0, max: 6 }),
      maxUnavailable: fc.integer({ min: 0, max: 12 }),
      events: fc.array(fc.nat({ max: 1000 }), { maxLength: 80 }),
    });
    fc.assert(
      fc.property(world, ({ desired, maxSurge, maxUnavailable: unavailable, events }) => {
        const maxUnavailable = maxSurge === 0 && unavailable === 0 ? 1 : Math.min(unavailable, desired);
        const old: Revision = { replicas: desired, available: desired, reported: desired };
        const next: Revision = { replicas: 0, available: 0, reported: 0 };
        const reconcile = () => {
          const view = (name: string, { replicas, reported }: Revision) => ({ name, replicas, available: reported });
          const step = rollingStep({
            desired,
            maxSurge,
            maxUnavailable,
            next: view('next', next),
            old: [view('old', old)],
          });
          for (const [name, count] of step) {
            const revision = name === 'next' ? next : old;
            revision.replicas = count;
            // The replica set takes unavailable Pods away first.
            revision.available = Math.min(revision.available, count);
          }
          expect(old.replicas + next.replicas).toBeLessThanOrEqual(desired + maxSurge);
          expect(old.available + next.available).toBeGreaterThanOrEqual(desired - maxUnavailable);
          return step.size;
        };
        for (const event of events) {
          const revision = event % 2 === 0 ? old : next;
          if (event % 5 < 2) revision.available = Math.min(revision.replicas, revision.available + 1);
          else if (event % 5 === 2) revision.reported = revision.available;
          reconcile();
        }
        for (let round = 0; round < 100; round += 1) {
          for (const revision of [old, next]) {
            revision.available = revision.replicas;
            revision.reported = revision.replicas;
          }
          if (reconcile() === 0) break;
        }
        expect([old.replicas, next.replicas]).toEqual([0, desired]);
      }),
      { numRuns: 500 },
    );
  });
});
