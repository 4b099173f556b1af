import { describe, expect, test } from 'vitest';
import { meshNames } from '../../mesh/intent.ts';
import { observabilityParts } from '../names.ts';
import { renderObservability } from '../render.ts';
import { sampleOptions } from '../sample.ts';
import { knownSeries, meshSeries } from './known-series.ts';
import { queryFaults, querySeries } from './query-series.ts';
import type { AlertingRule, RuleGroup } from './rule.ts';
import { meshMetricsNames, ruleGroups } from './rules.ts';
import { RulesError } from './rules-error.ts';

const sources = meshNames.flatMap((mesh) =>
  meshMetricsNames.filter((kind) => meshSeries[mesh][kind]).map((meshMetrics) => ({ mesh, meshMetrics })),
);

describe.each(sources)('$mesh, metrics: $meshMetrics', (source) => {
  const groups = ruleGroups(source);
  const rules = groups.flatMap((group) => group.rules);
  const alerts: readonly AlertingRule[] = rules.flatMap((rule) => ('alert' in rule ? rule : []));

  test('every rule is PromQL and names only series that somebody yields', async () => {
    const known = await knownSeries(source, groups);
    expect(rules.flatMap(({ expr }) => queryFaults(expr, known))).toEqual([]);
  });

  test('the rules read all that the list of this source has, and nothing that only another source has', () => {
    const read = new Set(rules.flatMap(({ expr }) => querySeries(expr).series.map(String)));
    const own = meshSeries[source.mesh][source.meshMetrics] ?? [];
    expect(own.filter((name) => !read.has(name))).toEqual([]);
    const foreign = Object.values(meshSeries).flatMap((kinds) => Object.values(kinds).flat());
    expect(foreign.filter((name) => read.has(name) && !own.includes(name))).toEqual([]);
  });

  test('a rule reads what its group has recorded before it', () => {
    expect(groups.flatMap(readTooEarly)).toEqual([]);
  });

  test('no replacement names a group by more than its number', () => {
    expect(rules.flatMap(({ expr }) => wordsAfterGroups(expr))).toEqual([]);
  });

  test('an alert has a name of its own, a severity, and says what to type next', () => {
    expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
    for (const { alert, for: held, labels, annotations } of alerts) {
      expect(alert).toMatch(/^Parley[A-Z]/);
      expect(held, alert).toMatch(/^\d+[sm]$/);
      expect(['critical', 'warning'], alert).toContain(labels.severity);
      for (const text of Object.values(annotations)) expect(text, alert).not.toBe('');
    }
  });

  test('the rules that are rendered are these', () => {
    const objects = renderObservability(sampleOptions({ ...source, parts: observabilityParts }));
    const config = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'prometheus-config');
    for (const { alert } of alerts) expect(JSON.stringify(config)).toContain(alert);
  });
});

/** Series of the group itself that a rule reads before a rule of the group has recorded them. */
function readTooEarly({ rules }: RuleGroup): string[] {
  return rules.flatMap(({ expr }, at) => {
    const later = new Set(rules.slice(at).flatMap((rule) => ('record' in rule ? rule.record : [])));
    const before = new Set(rules.slice(0, at).flatMap((rule) => ('record' in rule ? rule.record : [])));
    return querySeries(expr)
      .series.map(String)
      .filter((name) => later.has(name) && !before.has(name));
  });
}

/** `$1xx` is a group of the name `1xx`, which is empty, without a word from Prometheus. */
function wordsAfterGroups(expr: string): string[] {
  return expr.match(/\$\d+[A-Za-z_]\w*/g) ?? [];
}

test('every source records the same series', () => {
  const recorded = sources.map((source) =>
    [
      ...new Set(
        ruleGroups(source).flatMap(({ rules }) => rules.flatMap((rule) => ('record' in rule ? rule.record : []))),
      ),
    ].sort(),
  );
  for (const each of recorded) expect(each).toEqual(recorded[0]);
});

test('metrics that a mesh does not have are refused, with those that have them', () => {
  const refused = () => ruleGroups({ mesh: 'linkerd', meshMetrics: 'envoy' });
  expect(refused).toThrow(RulesError);
  expect(refused).toThrow('--mesh-metrics envoy: linkerd has no such metrics (istio has)');
});

describe('seeded faults', () => {
  const known = new Set(['up', 'otelcol_a_total']);

  test.each([
    ['a bracket too few', 'sum(rate(up[1m])', 'no PromQL at 16: sum(rate(up[1m])'],
    ['a bracket too many', 'sum(up))', 'no PromQL at 7: sum(up))'],
    ['an unquoted value', 'up{job=exchange}', 'no PromQL at 7: up{job=exchange}'],
    ['an unknown series', 'sum(ups)', 'nobody yields ups: sum(ups)'],
    [
      'a pattern that nothing matches',
      '{__name__=~"b(_total)?"}',
      'nobody yields /^(?:b(_total)?)$/: {__name__=~"b(_total)?"}',
    ],
    ['a selector without a name', '{job="exchange"}', 'nobody yields {job="exchange"}: {job="exchange"}'],
  ])('%s is found', (_, expr, fault) => {
    expect(queryFaults(expr, known)).toContain(fault);
  });

  test('what is right is not found', () => {
    expect(queryFaults('sum by (job) (rate({__name__=~"otelcol_a(_total)?"}[5m])) > 0 unless up == 0', known)).toEqual(
      [],
    );
  });

  test('a replacement that runs on after the number of its group is found', () => {
    expect(wordsAfterGroups('label_replace(up, "class", "$1xx", "code", "(.)..")')).toEqual(['$1xx']);
    expect(wordsAfterGroups(`label_replace(up, "class", "\${1}xx", "code", "(.)..")`)).toEqual([]);
  });

  test('a rule that stands before what it reads is found', () => {
    const rules = [
      { record: 'a:b', expr: 'sum(c:d)' },
      { record: 'c:d', expr: 'sum(up)' },
    ];
    expect(readTooEarly({ name: 'seeded', rules })).toEqual(['c:d']);
  });
});
