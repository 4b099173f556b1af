import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { KubeObject } from '../../mesh/objects.ts';
import { knownSeries } from '../../observability/rules/known-series.ts';
import { queryFaults } from '../../observability/rules/query-series.ts';
import type { AnalysisTemplate, ArgoRollout } from './argo.ts';
import { exportFor } from './export.ts';
import type { Canary, MetricTemplate } from './flagger.ts';
import { type SampleName, sample, sampleNames } from './sample.ts';
import { type EngineName, engineNames } from './target.ts';

const exported = (engine: EngineName, name: SampleName) => {
  const { plan, target } = sample(name);
  return exportFor(engine, plan, target);
};

const cases = engineNames.flatMap((engine) => sampleNames.map((name) => ({ engine, name })));

/** UPDATE_GOLDENS=1 writes the files; the change is then read in review. */
describe.each(cases)('$name for $engine', ({ engine, name }) => {
  test('is what the golden file says', () => {
    const { objects, notExpressed, needs } = exported(engine, name);
    const text = [
      ...objects.map((object) => `---\n${stringify(object, { lineWidth: 0 })}`),
      ...notExpressed.map(({ field, reason }) => `# lost: ${field}: ${reason}\n`),
      ...needs.map(({ field, reason }) => `# needs: ${field}: ${reason}\n`),
    ].join('');
    const file = new URL(`./golden/${engine}.${name}.golden.yaml`, import.meta.url);
    if (process.env.UPDATE_GOLDENS === '1') writeFileSync(file, text);
    expect(text).toBe(readFileSync(file, 'utf8'));
  });

  test('every query is PromQL and names only series that its source yields', async () => {
    const { target } = sample(name);
    const known = await knownSeries(
      { mesh: target.mesh, meshMetrics: target.series === 'envoy' ? 'envoy' : 'standard' },
      [],
    );
    for (const query of queriesOf(exported(engine, name).objects)) expect(queryFaults(query, known)).toEqual([]);
  });

  test('there are objects, or a reason why there are none', () => {
    const { objects, notExpressed, needs } = exported(engine, name);
    expect(notExpressed).not.toEqual([]);
    expect(needs.length > 0).toBe(objects.length > 0);
  });
});

/** As they are asked: with what the engine puts into the places that it knows. */
function queriesOf(objects: readonly KubeObject[]): string[] {
  const filled: Readonly<Record<string, string>> = {
    namespace: 'exchange',
    service: 'accounts',
    target: 'accounts',
    interval: '1m',
  };
  return objects
    .flatMap((object) => {
      if (object.kind === 'MetricTemplate') return [(object as MetricTemplate).spec.query];
      if (object.kind !== 'AnalysisTemplate') return [];
      return (object as AnalysisTemplate).spec.metrics.map(({ provider }) => provider.prometheus.query);
    })
    .map((query) => query.replace(/\{\{ (\w+) \}\}/g, (place, name: string) => filled[name] ?? place));
}

const canaryOf = (name: SampleName) =>
  exported('flagger', name).objects.find(({ kind }) => kind === 'Canary') as Canary;
const rolloutOf = (name: SampleName) =>
  exported('argo', name).objects.find(({ kind }) => kind === 'Rollout') as ArgoRollout;
const templatesOf = (name: SampleName) =>
  exported('argo', name).objects.flatMap((object) =>
    object.kind === 'AnalysisTemplate' ? [object as AnalysisTemplate] : [],
  );
const lost = (engine: EngineName, name: SampleName) => exported(engine, name).notExpressed.map(({ field }) => field);

describe('Flagger', () => {
  test('has no built-in metric, which would ask the application instead of the mesh', () => {
    for (const { metrics } of sampleNames.flatMap((name) => canaryOf(name)?.spec.analysis ?? [])) {
      expect(metrics.length).toBeGreaterThan(0);
      for (const metric of metrics) {
        expect(metric.templateRef.name).not.toBe('');
        expect(['request-success-rate', 'request-duration']).not.toContain(metric.name);
      }
    }
  });

  test('a canary is never at 100 % while a check compares it with the stable release', () => {
    expect(canaryOf('canary').spec.analysis.stepWeights).toEqual([10, 50]);
    expect(canaryOf('canary-limits').spec.analysis.stepWeights).toEqual([5, 25, 100]);
    expect(canaryOf('blue-green').spec.analysis.metrics.map(({ name }) => name)).toEqual(['errors']);
  });

  test('the parent of its route is the apex Service, by the group that both meshes take', () => {
    expect(canaryOf('canary').spec.service.gatewayRefs).toEqual([
      { group: '', kind: 'Service', name: 'accounts', port: 8080 },
    ]);
  });

  test('no interval is shorter than it takes', () => {
    for (const name of sampleNames) {
      const interval = canaryOf(name)?.spec.analysis.interval ?? '10s';
      expect(Number.parseInt(interval, 10), name).toBeGreaterThanOrEqual(10);
    }
  });
});

describe('Argo Rollouts', () => {
  test('no values is neither good nor bad, and never a success by lapse of time', () => {
    const templates = sampleNames.flatMap((name) => templatesOf(name));
    const metrics = templates.flatMap(({ spec }) => spec.metrics);
    expect(metrics.length).toBeGreaterThan(0);
    for (const { successCondition, failureCondition, failureLimit, consecutiveSuccessLimit } of metrics) {
      for (const condition of [successCondition, failureCondition]) {
        expect(condition).toMatch(/^len\(result\) > 0 && !isNaN\(result\[0\]\) && /);
      }
      expect(failureLimit).toBeGreaterThan(0);
      expect(consecutiveSuccessLimit).toBe('{{args.successes}}');
    }
  });

  test('numbers of every analysis fit together, those that stand in for a word as well', () => {
    const ofTemplates = sampleNames.flatMap(templatesOf);
    const ofSteps = sampleNames
      .flatMap((name) => rolloutOf(name)?.spec.strategy.canary.steps ?? [])
      .flatMap((step) => ('analysis' in step ? [step.analysis] : []));
    const sets = [...ofTemplates.map(({ spec }) => spec), ...ofSteps].map(({ args }) =>
      Object.fromEntries(args.map(({ name, value }) => [name, Number(value)])),
    );
    expect(sets.length).toBeGreaterThan(10);
    for (const { successes = 0, count = 0, silent = 0 } of sets) {
      expect(count).toBeGreaterThanOrEqual(successes + 2);
      expect(count).toBeGreaterThanOrEqual(silent);
      expect(Math.min(successes, silent)).toBeGreaterThan(0);
    }
  });

  test('every stage is judged before the next one, and lasts as long as it was to', () => {
    const steps = rolloutOf('canary-limits').spec.strategy.canary.steps;
    expect(steps.map((step) => Object.keys(step)[0])).toEqual(Array(3).fill(['setWeight', 'analysis']).flat());
    const successes = steps.flatMap((step) => ('analysis' in step ? (step.analysis.args[0]?.value ?? '') : []));
    expect(successes).toEqual(['4', '13', '3']);
  });

  test('every template that is written is asked, and every one that is asked is written', () => {
    for (const name of sampleNames) {
      const steps = rolloutOf(name)?.spec.strategy.canary.steps ?? [];
      const asked = steps.flatMap((step) => ('analysis' in step ? step.analysis.templates : []));
      const written = templatesOf(name).map(({ metadata }) => metadata.name);
      expect([...new Set(asked.map(({ templateName }) => templateName))], name).toEqual(written);
    }
  });

  test('every header route is one that it may manage', () => {
    const { trafficRouting, steps } = rolloutOf('match').spec.strategy.canary;
    const set = steps.flatMap((step) => ('setHeaderRoute' in step ? [step.setHeaderRoute.name] : []));
    expect(trafficRouting.managedRoutes).toEqual(set.map((name) => ({ name })));
    expect(set).toEqual(['accounts-match-0', 'accounts-match-1']);
  });
});

test('what cannot be said is named by its field', () => {
  expect(lost('flagger', 'canary')).toContain('decision.falseAlarm, decision.missed');
  expect(lost('flagger', 'grpc')).toContain('service');
  expect(lost('argo', 'grpc')).not.toContain('service');
  expect(lost('argo', 'match')).toEqual(expect.arrayContaining(['strategy.match.any[2]', 'strategy.match.any[3]']));
  for (const engine of engineNames) {
    expect(lost(engine, 'consumer')).toEqual(['strategy.consumer']);
    expect(lost(engine, 'tcp')).toEqual(['service']);
    expect(lost(engine, 'uncounted')).toEqual(['checks[gaps].counter', 'checks[lag].gauge', 'checks']);
    expect(lost(engine, 'mirror-linkerd')).toEqual(['strategy.mirror']);
  }
});
