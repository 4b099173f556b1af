import { expect, test } from 'vitest';
import { changedFields } from './difference.ts';

test('the leaves of a patch, with what stands there now', () => {
  const patch = {
    spec: { replicas: 2, template: { spec: { hostname: null } }, ports: [{ port: 80 }] },
    metadata: { labels: { 'app.kubernetes.io/version': '2.0.0' } },
  };
  const live = { spec: { replicas: 1, template: { spec: { hostname: 'a' } } }, metadata: { labels: {} } };
  expect(changedFields(patch, live)).toEqual([
    { path: 'metadata.labels.[app.kubernetes.io/version]', to: '2.0.0' },
    { path: 'spec.ports', to: [{ port: 80 }] },
    { path: 'spec.replicas', from: 1, to: 2 },
    { path: 'spec.template.spec.hostname', from: 'a' },
  ]);
});
