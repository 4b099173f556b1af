import { once } from 'node:events';
import type { Server } from 'node:http';
import { join } from 'node:path';
import type { Pod } from 'kubernetes-types/core/v1.js';
import type { Clock } from '../../kube/clock.ts';
import { loadKubeConfig } from '../../kube/config.ts';
import { startInformer } from '../../kube/informer.ts';
import type { Log } from '../../kube/log.ts';
import { type KubeRest, openKubeRest } from '../../kube/rest.ts';
import type { WatchedObject } from '../../kube/watch.ts';
import { adminServer } from '../../services/kit/admin.ts';
import { openReleaseCalls } from '../calls/release-calls.ts';
import { prometheusEvidence } from '../evidence/prometheus-evidence.ts';
import { envoyEvidence, linkerdEvidence, type ScrapedPod } from '../evidence/scraped-proxies.ts';
import { sidecarEvidence } from '../evidence/sidecar-evidence.ts';
import { sidecarsIn } from '../evidence/sidecar-folder.ts';
import type { EvidenceSource } from '../evidence/source.ts';
import { totalsEvidence } from '../evidence/totals-evidence.ts';
import { startRolloutController } from './controller.ts';
import { createRolloutMetrics } from './metrics.ts';
import type { ProgramOptions } from './options.ts';
import { readSecretBy } from './secrets.ts';
import { once as onceEach } from './world.ts';

/** The controller with all that it stands on. Rejects when the cluster does not answer, or cannot be spoken to as it was asked for. */
export async function startProgram(
  options: ProgramOptions,
  env: Readonly<Record<string, string | undefined>>,
  clock: Clock,
  log: Log,
): Promise<{ stop(): Promise<void> }> {
  const rest = await openKubeRest(loadKubeConfig(options.kubeconfig, env));
  const stop = new AbortController();
  const metrics = createRolloutMetrics();
  const evidence = evidenceSource(options, rest, clock, log, stop.signal);
  const { edge, namespace } = options;
  const calls = edge ? openReleaseCalls({ edge: { url: edge }, readSecret: readSecretBy(rest), clock }) : undefined;
  const controller = await startRolloutController({
    rest,
    clock,
    log,
    ...(namespace === undefined ? {} : { namespace }),
    lease: { namespace: options.leaseNamespace, identity: options.identity, durationMs: options.leaseMs },
    evidence,
    ...(calls ? { calls } : {}),
    metrics,
  });
  const checks = { synced: () => (controller.isSynced() ? undefined : 'has not seen everything yet') };
  const admin = adminServer(metrics, checks);
  if (options.metricsPort !== undefined) await listen(admin, options.metricsPort, log);
  return {
    async stop() {
      await controller.stop();
      stop.abort();
      await calls?.close();
      await evidence.close();
      admin.close();
      admin.closeAllConnections();
      await rest.close();
    },
  };
}

async function listen(server: Server, port: number, log: Log): Promise<void> {
  await once(server.listen(port), 'listening');
  log.info('metrics', { address: server.address() });
}

function evidenceSource(
  { evidence, namespace }: ProgramOptions,
  rest: KubeRest,
  clock: Clock,
  log: Log,
  signal: AbortSignal,
): EvidenceSource {
  switch (evidence.kind) {
    case 'sidecars':
      return sidecarEvidence({ sidecars: sidecarsIn(join(evidence.at, 'pods')), clock });
    case 'totals':
      return totalsEvidence(evidence.at);
    case 'envoy':
      return envoyEvidence({ pods: proxiedPods('istio-proxy', rest, namespace, clock, log, signal), clock });
    case 'linkerd':
      return linkerdEvidence({ pods: proxiedPods('linkerd-proxy', rest, namespace, clock, log, signal), clock });
    case 'prometheus':
      return prometheusEvidence({ url: evidence.at, dialect: evidence.dialect, clock });
  }
}

/** Pods that have this container running, by whichever way it was put there. */
function proxiedPods(
  container: string,
  rest: KubeRest,
  namespace: string | undefined,
  clock: Clock,
  log: Log,
  signal: AbortSignal,
): () => readonly ScrapedPod[] {
  const pods = startInformer<Pod & WatchedObject>({
    rest,
    clock,
    signal,
    apiVersion: 'v1',
    kind: 'Pod',
    ...(namespace === undefined ? {} : { namespace }),
    onChange: () => undefined,
    onProblem: onceEach((problem) => log.info('problem', { problem })),
  });
  return () =>
    [...pods.all()].flatMap(({ metadata, status }) => {
      const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
      const proxy = all.find(({ name }) => name === container);
      if (!proxy?.state?.running || !status?.podIP) return [];
      const id = `${(metadata as { uid?: string }).uid} ${proxy.restartCount}`;
      return [{ id, name: `${metadata.namespace}/${metadata.name}`, ip: status.podIP }];
    });
}
