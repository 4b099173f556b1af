import { expect, test } from 'vitest';
import { type Route, weightsOf } from './routes.ts';

test('a weight that is not written is 1', () => {
  const backendRefs = [{ name: 'orders-1-4-0', weight: 90 }, { name: 'orders-2-0-0' }];
  const route: Route = { metadata: { name: 'orders' }, spec: { rules: [{ backendRefs }] } };
  expect(weightsOf(route)).toEqual({ 'orders-1-4-0': 90, 'orders-2-0-0': 1 });
});
