import { expect, test } from 'vitest';
import { programmed, type RouteCondition, type RouteWithStatus } from './route-in-force.ts';

const route = (generation: number, conditions: readonly (readonly RouteCondition[])[]): RouteWithStatus => ({
  metadata: { generation },
  status: { parents: conditions.map((each) => ({ conditions: each })) },
});
const condition = (status: string, observedGeneration: number, more = {}) => ({
  type: 'Programmed',
  status,
  observedGeneration,
  ...more,
});

test('in force only when every parent confirmed this very generation', () => {
  expect(programmed(route(2, [[condition('True', 2)]]))).toEqual({ state: 'yes' });
  expect(programmed(route(2, [[condition('True', 1)]]))).toMatchObject({ state: 'pending' });
  expect(programmed(route(2, [[condition('True', 2)], [condition('True', 1)]]))).toMatchObject({ state: 'pending' });
  expect(programmed(route(1, []))).toEqual({ state: 'pending', why: 'nobody has taken it up yet' });
});

test('says why it is not', () => {
  const waiting = condition('False', 2, { reason: 'Pending', message: '3 of 4 sidecars' });
  expect(programmed(route(2, [[waiting]]))).toEqual({ state: 'pending', why: 'Pending: 3 of 4 sidecars' });
  expect(programmed(route(2, [[condition('False', 2, { reason: 'Refused' })]]))).toMatchObject({ state: 'refused' });
});

test('a mesh without the condition Programmed has it in force when it took this very generation', () => {
  const said = (type: string, status: string, observedGeneration: number, reason = type) => ({
    type,
    status,
    observedGeneration,
    reason,
  });
  const state = (...conditions: RouteCondition[]) => programmed(route(2, [conditions]));
  expect(state(said('Accepted', 'True', 2), said('ResolvedRefs', 'True', 2))).toEqual({ state: 'yes' });
  expect(state(said('Accepted', 'True', 1), said('ResolvedRefs', 'True', 1))).toMatchObject({ state: 'pending' });
  expect(state(said('Accepted', 'True', 2), said('ResolvedRefs', 'False', 2, 'BackendNotFound'))).toEqual({
    state: 'pending',
    why: 'BackendNotFound',
  });
  expect(state(said('Accepted', 'False', 2, 'UnsupportedValue'))).toEqual({
    state: 'refused',
    why: 'UnsupportedValue',
  });
});

test('a route that its rendering carries out waits for nobody, unless somebody speaks of it', () => {
  const rendered = (conditions: readonly RouteCondition[][]) => {
    const { metadata, ...rest } = route(2, conditions);
    return { ...rest, metadata: { ...metadata, annotations: { 'parley.dev/carried-out-by': 'rendering' } } };
  };
  expect(programmed(rendered([]))).toEqual({ state: 'yes' });
  expect(programmed(rendered([[condition('True', 1)]]))).toMatchObject({ state: 'pending' });
});
