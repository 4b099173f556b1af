import type { VerdictName } from '../../rollout/core/check.ts';
import type { Outcome } from '../../rollout/core/state.ts';
import { parseRollout } from '../../rollout/resource/parse.ts';
import { faultOf } from '../../services/kit/rehearsal.ts';
import { takenBack } from '../../verify/load/timeline.ts';
import { type Cluster, openCluster } from '../cluster.ts';
import type { CommandContext } from '../command.ts';
import { interrupted } from '../failure.ts';
import type { Progress } from '../output/progress.ts';
import { stateFolder } from '../state-folder.ts';
import { awaitOutcome } from './await-rollout.ts';
import { underLoad } from './demo-load.ts';
import { demoReleases, demoService, leaveAsItWas, onlyStable, prepareDemo } from './demo-plan.ts';
import { errorBound } from './error-bound.ts';
import { explanationOf } from './explanation.ts';
import { newRollout } from './rollouts.ts';
import { startRollout } from './start.ts';

export interface DemoOptions {
  readonly rps: number;
  readonly timeoutMs: number;
}

/** What came of one release. */
export interface DemoRow {
  readonly release: string;
  readonly verdict: VerdictName | undefined;
  readonly outcome: Outcome;
  /** Of a promotion: from the start on. Of a rollback: from the end of the first bad answer until its last answer. Milliseconds. */
  readonly tookMs: number | undefined;
  readonly sent: number;
  readonly failed: number;
  /** So many callers at most may see an error, by the test; absent for a release that is good. */
  readonly bound?: number;
}

/**
 * A good release and then a bad one, under load: the first is promoted, the second rolled back. What ran before runs afterwards, with the
 * same weights; the rollout stays with its history.
 */
export async function demonstrate(
  context: CommandContext,
  progress: Progress,
  options: DemoOptions,
): Promise<readonly DemoRow[]> {
  const cluster = await openCluster(stateFolder(context).kubeconfig);
  const plan = await prepareDemo(context, cluster, options.timeoutMs);
  try {
    const good = await rollOut(context, cluster, progress, demoReleases.good, options);
    await onlyStable(context, options.timeoutMs);
    const bad = await rollOut(context, cluster, progress, demoReleases.bad, options);
    return [good, bad];
  } finally {
    const unhurried = { ...context, signal: new AbortController().signal };
    await leaveAsItWas(unhurried, cluster, plan, options.timeoutMs);
  }
}

async function rollOut(
  context: CommandContext,
  cluster: Cluster,
  progress: Progress,
  release: (typeof demoReleases)['good' | 'bad'],
  { rps, timeoutMs }: DemoOptions,
): Promise<DemoRow> {
  const title = `${demoService} ${release} under ${rps} requests a second`;
  const { result, report, calls } = await progress.step(
    title,
    (say) =>
      underLoad(context, rps, say, async () => {
        await startRollout(context, cluster, { service: demoService, candidate: release }, timeoutMs);
        return awaitOutcome(context, cluster, demoService, { timeoutMs, pollMs: 20 });
      }),
    ({ result: { outcome } }) => outcome,
  );
  if (context.signal.aborted) throw interrupted();
  const { rollout, outcome } = result;
  const { beganAtMs, endedAtMs } = explanationOf(rollout);
  const back = takenBack(calls, release);
  const promotedMs = endedAtMs === undefined ? undefined : endedAtMs - beganAtMs;
  return {
    release,
    verdict: rollout.status?.verdict,
    outcome,
    tookMs: outcome === 'Promoted' ? promotedMs : back?.ms,
    sent: report.sent,
    failed: report.failed + report.wrong,
    ...(release === demoReleases.bad ? { bound: boundOf(release) } : {}),
  };
}

/** At the first stage: the bad one gets no further. */
function boundOf(release: typeof demoReleases.bad): number {
  const { stages, checks, decision } = parseRollout(newRollout({ service: demoService, candidate: release }));
  const fault = faultOf(demoService, release);
  const errors = checks.find(({ kind }) => kind === 'errorRate');
  if (fault.kind !== 'errors' || errors?.kind !== 'errorRate')
    throw new TypeError(`${release} is not judged by its errors`);
  const weight = (stages[0]?.traffic.weight ?? 100) / 100;
  return errorBound({ failing: fault.share, weight, rules: { hypotheses: errors, decision } });
}
