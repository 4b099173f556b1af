import { describe, expect, test } from 'vitest';
import { meshNames } from '../../mesh/intent.ts';
import { dataSources } from '../grafana-config.ts';
import { dataSourceUids, observabilityParts } from '../names.ts';
import { knownSeries, meshSeries } from '../rules/known-series.ts';
import { meshMetricsNames, ruleGroups } from '../rules/rules.ts';
import { boardFaults, textsOf } from './board-faults.ts';
import { type DashboardFile, dashboards } from './dashboards.ts';
import { frame } from './frame.ts';
import { meshOverview } from './mesh-overview.ts';
import { lines } from './panel.ts';
import { queriesOf } from './queries-of.ts';

type Model = ReturnType<typeof frame>;

const sources = meshNames.flatMap((mesh) =>
  meshMetricsNames.filter((kind) => meshSeries[mesh][kind]).map((meshMetrics) => ({ mesh, meshMetrics })),
);

/** Bookmarks and links are by these. */
const uids = [
  'parley-mesh',
  'parley-rest',
  'parley-grpc',
  'parley-graphql',
  'parley-rollout',
  'parley-services',
  'parley-footprint',
];

describe.each(sources)('$mesh, metrics: $meshMetrics', (source) => {
  const boards = dashboards(source);

  test('every query is PromQL over series that somebody yields, and every variable is declared', async () => {
    const known = await knownSeries(source, ruleGroups(source));
    const faults = boards.flatMap(({ uid, json }) => boardFaults(read(json), known).map((fault) => `${uid}: ${fault}`));
    expect(faults).toEqual([]);
    expect(boards.flatMap(({ json }) => queriesOf(json).panels).length).toBeGreaterThan(60);
  });

  test('their uids are fixed, those of their files, and titles are not given twice', () => {
    expect(boards.map(({ json }) => read(json).uid)).toEqual(uids);
    expect(boards.map(({ uid }) => uid)).toEqual(uids);
    expect(new Set(boards.map(({ title }) => title)).size).toBe(uids.length);
  });

  test('panels have numbers of their own, a title and a description', () => {
    for (const { uid, json } of boards) {
      const panels = read(json).panels ?? [];
      expect(
        panels.map(({ id }) => id),
        uid,
      ).toEqual(panels.map((_, index) => index + 1));
      for (const panel of panels) {
        expect(panel.title, uid).toBeTruthy();
        if (panel.type !== 'row') expect(Object(panel).description, panel.title).toBeTruthy();
      }
    }
  });

  test('data sources are those that are provisioned', () => {
    const provisioned = dataSources(observabilityParts, 5).map(({ uid }) => uid);
    expect(provisioned.sort()).toEqual(Object.values(dataSourceUids).sort());
    const named = boards.flatMap(({ json }) => [
      ...sourcesOf(json),
      ...panesOf(json).map(({ datasource }) => datasource),
    ]);
    expect(new Set(named)).toEqual(new Set(provisioned));
  });

  test('links go to dashboards that are there, or to a search in a data source', () => {
    for (const { uid, json } of boards) expect(linkFaults(read(json), boards), uid).toEqual([]);
  });
});

/** What goes into the file. */
function read(json: object): Model {
  return JSON.parse(JSON.stringify(json));
}

/** Values of every key `datasource` that stands for a data source; in Explore's links the value is the uid itself. */
function sourcesOf(json: unknown): string[] {
  if (typeof json !== 'object' || json === null) return [];
  return Object.entries(json).flatMap(([key, value]) =>
    key === 'datasource' ? [String(Object(value).uid ?? value)] : sourcesOf(value),
  );
}

/** What links to Explore open. */
function panesOf(json: unknown): { readonly datasource: string }[] {
  return textsOf(json)
    .filter((text) => text.startsWith('/explore?'))
    .flatMap((text) => {
      const panes = new URL(text, 'http://grafana').searchParams.get('panes') ?? '{}';
      return Object.values(JSON.parse(panes) as Record<string, { datasource: string }>);
    });
}

/** Links by tag lead somewhere if dashboards have the tag; those by path, if the dashboard or a data source is there. */
function linkFaults(json: Model, boards: readonly DashboardFile[]): string[] {
  const tags = boards.flatMap((board) => read(board.json).tags ?? []);
  const byTag = (json.links ?? []).flatMap((link) => link.tags).filter((tag) => !tags.includes(tag));
  const paths = textsOf(json).filter((text) => /^(\/|https?:)/.test(text));
  const byPath = paths.filter((path) => {
    const [, uid] = /^\/d\/([\w-]+)/.exec(path) ?? [];
    return uid ? !boards.some((board) => board.uid === uid) : !path.startsWith('/explore?');
  });
  return [...byTag.map((tag) => `no dashboard has the tag ${tag}`), ...byPath.map((path) => `nothing is at ${path}`)];
}

describe('seeded faults', () => {
  const source = { mesh: 'istio', meshMetrics: 'standard' } as const;

  async function faultsOf(expr: string): Promise<string[]> {
    const panel = lines({ title: 'seeded', description: 'seeded', unit: 'none', queries: [{ expr, legend: '' }] });
    const board = frame({ ...meshOverview(), rows: [{ title: 'seeded', panels: [panel] }] });
    return boardFaults(read(board), await knownSeries(source, ruleGroups(source)));
  }

  test.each([
    ['a broken query', 'sum(up', 'no PromQL at 6: sum(up'],
    [
      'an unknown series',
      'sum(parley:requests:rate5m)',
      'nobody yields parley:requests:rate5m: sum(parley:requests:rate5m)',
    ],
    ['a series of another mesh', 'request_total', 'nobody yields request_total: request_total'],
    ['an undeclared variable', 'up{service="$servce"}', 'nobody declares $servce'],
    ['an undeclared variable in braces', `up{service="\${pod:regex}"}`, 'nobody declares $pod'],
  ])('%s is found', async (_, expr, fault) => {
    expect(await faultsOf(expr)).toEqual([fault]);
  });

  test('what is right is not found', async () => {
    expect(await faultsOf('sum(rate(up{service=~"$service"}[1m]))')).toEqual([]);
  });

  test('a variable that asks by one that comes after it is found', async () => {
    const board = read(frame(meshOverview()));
    board.templating.list?.reverse();
    const faults = boardFaults(board, await knownSeries(source, ruleGroups(source)));
    expect(new Set(faults)).toEqual(new Set(['nobody declares $service', 'nobody declares $namespace']));
  });

  test('links that lead nowhere are found', () => {
    const boards = dashboards(source);
    const board = read(frame(meshOverview()));
    const [link] = board.links ?? [];
    if (!link) throw new TypeError('the dashboard has no link');
    board.links = [
      { ...link, tags: ['parly'] },
      { ...link, url: '/d/parley-nowhere' },
      { ...link, url: '/d/parley-mesh' },
    ];
    expect(linkFaults(board, boards)).toEqual(['no dashboard has the tag parly', 'nothing is at /d/parley-nowhere']);
  });
});
