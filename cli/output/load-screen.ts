import type { KindReport, LoadReport } from '../../verify/load/report.ts';
import type { Colors } from './color.ts';
import { table } from './table.ts';

const shownFaults = 5;

/** What `parley load` prints for people: a row per kind, then per release, then the first faults. */
export function loadScreen(report: LoadReport, colors: Colors): string {
  const ms = (value: number) => value.toFixed(1);
  const rows = report.kinds.flatMap((kind) => [
    { name: colors.bold(kind.kind), ...kind },
    ...Object.entries(kind.releases).map(([version, release]) => ({
      ...release,
      name: `  ${version}`,
      sent: release.ok + release.failed + release.wrong,
    })),
  ]);
  const bad = (count: number) => (count > 0 ? colors.red(String(count)) : '0');
  const counts = table(rows, [
    { title: 'KIND, RELEASE', cell: ({ name }) => name },
    { title: 'SENT', align: 'right', cell: ({ sent }) => String(sent) },
    { title: 'OK', align: 'right', cell: ({ ok }) => String(ok) },
    { title: 'FAILED', align: 'right', cell: ({ failed }) => bad(failed) },
    { title: 'WRONG', align: 'right', cell: ({ wrong }) => bad(wrong) },
    { title: 'P50 MS', align: 'right', cell: ({ latency }) => ms(latency.p50Ms) },
    { title: 'P99 MS', align: 'right', cell: ({ latency }) => ms(latency.p99Ms) },
    { title: 'MAX MS', align: 'right', cell: ({ latency }) => ms(latency.maxMs) },
  ]);
  const sum = `${report.sent} sent in ${(report.durationMs / 1000).toFixed(1)} s: ${report.ok} ok, ${report.failed} failed, ${report.wrong} wrong\n`;
  return [counts, ...report.kinds.flatMap(faultLines), sum].join('\n');
}

function faultLines({ kind, reasons, faults, streams }: KindReport): string[] {
  const gaps =
    streams.gaps + streams.duplicates > 0
      ? [`${kind}: ${streams.gaps} gaps, ${streams.duplicates} duplicates in streams\n`]
      : [];
  if (faults.length === 0) return gaps;
  const counted = Object.entries(reasons).map(([reason, count]) => `${count} x ${reason}`);
  const first = faults.slice(0, shownFaults).map(({ number, message, release }) => {
    return `  no. ${number}${release ? ` (${release})` : ''}: ${message}`;
  });
  return [...gaps, `${kind}: ${counted.join(', ')}\n${first.join('\n')}\n`];
}
