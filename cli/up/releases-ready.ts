import type { Pod } from 'kubernetes-types/core/v1.js';
import { releaseSelector } from '../../mesh/objects.ts';
import type { Cluster } from '../cluster.ts';
import type { CommandContext } from '../command.ts';
import { Failure } from '../failure.ts';
import { observe, type RunningDeployment, releaseOf } from '../plan.ts';
import { namespace } from '../routes.ts';
import { type Missing, waitUntil } from '../wait.ts';
import { podTrouble } from './pod-trouble.ts';

export interface WaitOptions {
  readonly timeoutMs: number;
  /** Only this service. */
  readonly service?: string;
  readonly say?: (missing: string) => void;
}

interface ReleasesWait extends WaitOptions {
  /** Names of releases that nothing waits for: nobody calls them. */
  readonly idle: ReadonlySet<string>;
}

/**
 * Waits until every Deployment has the Pods it wants, ready, and of the newest template. Fails before the deadline when one has
 * given up, or its Pods wait for what does not come by itself, and stays so.
 */
export function waitForReleases(context: CommandContext, cluster: Cluster, options: ReleasesWait): Promise<void> {
  const { timeoutMs, service, say, idle } = options;
  const hint = `Type: parley logs${service ? ` ${service}` : ''}, kubectl -n ${namespace} describe pods`;
  const since = new Map<string, number>();
  return waitUntil(
    context,
    'releases ready',
    { timeoutMs, hint },
    async () => {
      const { deployments } = await observe(cluster);
      const waiting = deployments
        .filter((each) => !service || releaseOf(each)?.service === service)
        .filter((each) => !idle.has(each.metadata?.name ?? ''))
        .filter((each) => unready(each) !== undefined);
      if (waiting.length === 0) return undefined;
      const pods = await cluster.list<Pod>('v1', 'Pod', namespace);
      return describeWaiting(waiting, pods, since, context.clock.now());
    },
    say,
  );
}

/** A registry may have a bad moment. */
const lastingPatienceMs = 30_000;
/** The progress deadline also runs while a cluster is down, or what the Pods need is: a Deployment comes back to it when they are ready. */
const givenUpPatienceMs = 60_000;

/**
 * What the first of the waiting Deployments lacks, with the reason of a Pod that does not start.
 *
 * @param since when each Deployment was first seen stuck; kept by the caller from look to look
 * @param where their namespace
 */
export function describeWaiting(
  waiting: readonly RunningDeployment[],
  pods: readonly Pod[],
  since: Map<string, number>,
  nowMs: number,
  where: string = namespace,
): Missing {
  const stuck = new Map(waiting.map((each) => [each.metadata?.name ?? '', stuckBecause(each, pods)]));
  for (const name of since.keys()) if (!stuck.get(name)) since.delete(name);
  for (const [name, why] of stuck) {
    if (!why) continue;
    const sinceMs = since.get(name) ?? nowMs;
    since.set(name, sinceMs);
    if (nowMs - sinceMs < why.patienceMs) continue;
    throw new Failure('NotProgressing', `Deployment ${name} does not get on: ${why.text}`, {
      hint: `Type: kubectl -n ${where} describe deployment ${name}`,
    });
  }
  const [first] = waiting;
  const trouble = first && (podTrouble(pods, selectorOf(first)) ?? podTrouble(pods, {}));
  return first && [unready(first), trouble?.text].filter(Boolean).join('; ');
}

/** Why a Deployment will not get ready by waiting: it has given up, or a Pod of it lacks what nobody brings. */
function stuckBecause(
  deployment: RunningDeployment,
  pods: readonly Pod[],
): { readonly text: string; readonly patienceMs: number } | undefined {
  const trouble = podTrouble(pods, selectorOf(deployment));
  if (trouble?.lasting) return { text: trouble.text, patienceMs: lastingPatienceMs };
  const given = deployment.status?.conditions?.find(({ type, status }) => type === 'Progressing' && status === 'False');
  if (!given) return undefined;
  return { text: trouble?.text ?? given.message ?? given.type, patienceMs: givenUpPatienceMs };
}

function selectorOf(deployment: RunningDeployment): Readonly<Record<string, string>> {
  const release = releaseOf(deployment);
  return release
    ? releaseSelector(release.service, release.version)
    : { 'app.kubernetes.io/name': deployment.metadata?.name ?? '' };
}

/** What a Deployment still lacks. */
export function unready(deployment: RunningDeployment): Missing {
  const { metadata, spec, status } = deployment;
  const name = metadata?.name ?? '';
  const wanted = spec?.replicas ?? 1;
  if ((status?.observedGeneration ?? 0) < (metadata?.generation ?? 1)) return `${name}: not yet looked at`;
  if ((status?.updatedReplicas ?? 0) < wanted) return `${name}: ${status?.updatedReplicas ?? 0} of ${wanted} Pods made`;
  const available = status?.availableReplicas ?? 0;
  return available < wanted ? `${name}: ${available} of ${wanted} Pods ready` : undefined;
}
