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

test('in a list only what differs counts, not what the server filled in', () => {
  const env = [{ name: 'PORT', value: '8080' }];
  const patch = { spec: { containers: [{ name: 'a', image: 'a:2', env }], list: [1, 2] } };
  const live = { spec: { containers: [{ name: 'a', image: 'a:1', env, stdin: false }], list: [1] } };
  expect(changedFields(patch, live)).toEqual([
    { path: 'spec.containers[0].image', from: 'a:1', to: 'a:2' },
    { path: 'spec.list', from: [1], to: [1, 2] },
  ]);
});

test('a list in which a field goes is shown whole', () => {
  const changes = changedFields({ rules: [{ to: 'a' }] }, { rules: [{ to: 'a', timeout: '1s' }] });
  expect(changes).toEqual([{ path: 'rules', from: [{ to: 'a', timeout: '1s' }], to: [{ to: 'a' }] }]);
});
