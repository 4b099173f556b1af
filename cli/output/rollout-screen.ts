import type { CheckVerdict } from '../../rollout/core/check.ts';
import type { PodView, ReleaseView, RolloutView } from '../rollout/view.ts';
import type { Colors } from './color.ts';
import { cutLines } from './cut-lines.ts';
import { ageText, countText, neededText, phaseCell, shareText, valueText, verdictCell } from './rollout-words.ts';
import { type Column, table } from './table.ts';

/** How a screen is drawn: when, how wide, in which colours. */
export interface Drawing {
  readonly colors: Colors;
  /** Columns of the terminal. */
  readonly width: number;
  /** Milliseconds since 1970, for ages. */
  readonly nowMs: number;
}

/** Columns that a narrow terminal has no room for. */
type Wide<Row> = Column<Row> & { readonly from?: number; readonly below?: number };

/** What `parley rollout watch` draws: the rollout, its releases with their Pods, its checks and what they still lack. Pure. */
export function rolloutScreen(view: RolloutView, drawing: Drawing): string {
  const parts = [header(view, drawing), tree(view, drawing)];
  if (view.gates.length > 0) parts.push(gates(view, drawing));
  if (view.checks.length > 0) parts.push(checks(view, drawing));
  parts.push(notes(view, drawing));
  return cutLines(parts.filter(Boolean).join('\n'), drawing.width);
}

function header(view: RolloutView, { colors, nowMs }: Drawing): string {
  const { beganAtMs, endedAtMs } = view;
  const took = beganAtMs === undefined ? undefined : (endedAtMs ?? nowMs) - beganAtMs;
  const attempt = [
    ...(view.attempt ? [`attempt ${view.attempt}`] : []),
    ...(took === undefined ? [] : [`${endedAtMs === undefined ? 'for' : 'took'} ${ageText(took)}`]),
  ];
  const rows: [string, string | undefined][] = [
    ['Name', colors.bold(view.service)],
    ['Namespace', view.namespace],
    ['Status', `${phaseCell(view.phase, colors)}${attempt.length > 0 ? `  (${attempt.join(', ')})` : ''}`],
    ['Message', view.message],
    ['Strategy', view.strategy],
    ['Stage', view.stage],
    ['Verdict', view.verdict && verdictCell(view.verdict, colors)],
  ];
  return rows.flatMap(([name, value]) => (value ? [`${`${name}:`.padEnd(11)}${value}\n`] : [])).join('');
}

interface TreeRow {
  readonly name: string;
  readonly status: string;
  readonly release?: ReleaseView;
  readonly age?: number;
}

const treeColumns: readonly Wide<TreeRow>[] = [
  { title: 'NAME', cell: ({ name }) => name },
  { title: 'STATUS', cell: ({ status }) => status },
  { title: 'WEIGHT', align: 'right', cell: ({ release }) => weightCell(release) },
  { title: 'REQUESTS', align: 'right', cell: ({ release }) => seenCell(release, (seen) => countText(seen.requests)) },
  { title: 'ERRORS', align: 'right', below: 80, cell: ({ release }) => seenCell(release, failuresText) },
  { title: 'ERRORS', align: 'right', from: 80, cell: ({ release }) => seenCell(release, errorsText) },
  {
    title: 'P95',
    align: 'right',
    from: 90,
    cell: ({ release }) => seenCell(release, ({ p95Ms }) => valueText('latency', p95Ms)),
  },
  { title: 'AGE', align: 'right', from: 90, cell: ({ age }) => (age === undefined ? '' : ageText(age)) },
];

function tree(view: RolloutView, drawing: Drawing): string {
  const { colors } = drawing;
  const rows: TreeRow[] = [
    { name: `⟳ ${colors.bold(view.service)}`, status: phaseCell(view.phase, colors) },
    ...view.releases.flatMap((release, index) => {
      const last = index === view.releases.length - 1;
      const [branch, trunk] = last ? ['└──', '   '] : ['├──', '│  '];
      const { role, pods } = release;
      return [
        { name: `${branch}# ${colors.bold(release.release)} ${role}`, status: readyCell(release, colors), release },
        ...pods.map((pod, at) => podRow(pod, `${trunk}${at === pods.length - 1 ? '└──' : '├──'}□ `, drawing)),
      ];
    }),
  ];
  return sized(rows, treeColumns, drawing.width);
}

function podRow(pod: PodView, before: string, { colors, width, nowMs }: Drawing): TreeRow {
  const restarts = pod.restarts > 0 ? `, ${pod.restarts} restarts` : '';
  const status = pod.ready ? colors.green(`✔ ${pod.state}${restarts}`) : colors.yellow(`◌ ${pod.state}${restarts}`);
  const age = pod.startedAtMs === undefined ? {} : { age: nowMs - pod.startedAtMs };
  return { name: `${before}${width < 80 ? shortName(pod.name) : pod.name}`, status, ...age };
}

/** The release is said in the line above. */
function shortName(pod: string): string {
  return `…${pod.slice(-10)}`;
}

function readyCell({ readyPods, wantedPods }: ReleaseView, colors: Colors): string {
  if (wantedPods === 0) return colors.yellow('⚠ not deployed');
  const text = `${readyPods}/${wantedPods} ready`;
  return readyPods >= wantedPods ? colors.green(`✔ ${text}`) : colors.yellow(`◌ ${text}`);
}

function weightCell(release: ReleaseView | undefined): string {
  return release?.weight === undefined ? '' : `${release.weight} %`;
}

function seenCell(release: ReleaseView | undefined, text: (seen: NonNullable<ReleaseView['seen']>) => string): string {
  if (!release) return '';
  return release.seen ? text(release.seen) : '-';
}

function failuresText({ failures }: NonNullable<ReleaseView['seen']>): string {
  return countText(failures);
}

function errorsText({ requests, failures }: NonNullable<ReleaseView['seen']>): string {
  return failures === 0 ? '0' : `${countText(failures)} (${shareText(failures / requests)})`;
}

function gates({ gates }: RolloutView, { colors }: Drawing): string {
  const icons = { open: colors.green('✔ open'), shut: colors.red('✖ shut'), pending: colors.cyan('◌ pending') };
  return table(gates, [
    { title: 'GATE', cell: ({ gate }) => gate },
    { title: 'STATUS', cell: ({ result }) => icons[result] },
    { title: 'REASON', cell: ({ reason }) => reason },
  ]);
}

function checks({ checks: rows, endedAtMs }: RolloutView, { colors, width }: Drawing): string {
  const running = endedAtMs === undefined;
  const columns: readonly Wide<CheckVerdict>[] = [
    { title: 'CHECK', cell: ({ name }) => name },
    { title: 'VERDICT', cell: ({ verdict }) => verdictCell(verdict, colors) },
    { title: 'CANDIDATE', align: 'right', cell: ({ kind, value }) => valueText(kind, value) },
    { title: 'STABLE', align: 'right', from: 80, cell: ({ kind, stableValue }) => valueText(kind, stableValue) },
    { title: 'LIMIT', align: 'right', from: 70, cell: ({ kind, limit }) => valueText(kind, limit) },
    { title: 'SAMPLES', align: 'right', from: 70, cell: ({ samples }) => countText(samples) },
    { title: 'RATIO', from: 120, cell: ratioText },
    { title: 'STILL NEEDED', cell: (check) => (running ? neededText(check) : '-') },
  ];
  return sized(rows, columns, width);
}

/** Where the logarithm of the likelihood ratio is between the bounds at which it decides. */
function ratioText({ ratio }: CheckVerdict): string {
  if (!ratio) return '';
  const { passAt, log, failAt } = ratio;
  return `${passAt.toFixed(1)} < ${log.toFixed(1)} < ${failAt.toFixed(1)}`;
}

function notes({ service, phase, unseen, missing }: RolloutView, { colors }: Drawing): string {
  return [
    ...(phase === 'Paused' ? [`Go on: parley rollout resume ${service}, or promote, or abort`] : []),
    ...(missing ? [colors.yellow(`⚠ no evidence: ${missing.reason}`), `  ${missing.hint}`] : []),
    ...(unseen ? [colors.yellow(`⚠ this may be old: ${unseen}`)] : []),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

function sized<Row>(rows: readonly Row[], columns: readonly Wide<Row>[], width: number): string {
  return table(
    rows,
    columns.filter(({ from = 0, below = Number.POSITIVE_INFINITY }) => width >= from && width < below),
  );
}
