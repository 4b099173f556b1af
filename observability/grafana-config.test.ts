import { expect, test } from 'vitest';
import { dashboards } from './dashboards/dashboards.ts';
import { dataSources, settings } from './grafana-config.ts';
import { observabilityParts } from './names.ts';

test('every data source that a dashboard asks is there from the start', () => {
  const provided = dataSources(observabilityParts, 5).map(({ uid, type }) => `${type}/${uid}`);
  const text = JSON.stringify(dashboards({ mesh: 'istio', meshMetrics: 'standard' }).map(({ json }) => json));
  const asked = [...text.matchAll(/"datasource":\{"type":"([a-z]+)","uid":"([^"]+)"\}/g)].map(
    ([, type, uid]) => `${type}/${uid}`,
  );
  expect(asked.length).toBeGreaterThan(0);
  for (const source of new Set(asked)) expect(provided).toContain(source);
});

test('an exemplar leads to its trace where Jaeger runs, and nowhere where it does not', () => {
  const [prometheus] = dataSources(observabilityParts, 5);
  expect(prometheus?.jsonData).toMatchObject({
    timeInterval: '5s',
    exemplarTraceIdDestinations: [{ name: 'trace_id', datasourceUid: 'jaeger' }],
  });
  const alone = dataSources(['prometheus', 'grafana'], 15);
  expect(alone.map(({ uid }) => uid)).toEqual(['prometheus']);
  expect(alone[0]?.jsonData).not.toHaveProperty('exemplarTraceIdDestinations');
});

test('whoever comes without a password may look and no more', () => {
  expect(settings).toMatchObject({ GF_AUTH_ANONYMOUS_ORG_ROLE: 'Viewer', GF_USERS_ALLOW_SIGN_UP: 'false' });
  expect(Object.keys(settings).filter((name) => name.includes('PASSWORD'))).toEqual([]);
});
