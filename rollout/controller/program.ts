import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Clock } from '../../kube/clock.ts';
import { loadKubeConfig } from '../../kube/config.ts';
import { type Log, withoutRepeats } from '../../kube/log.ts';
import { openKubeRest } from '../../kube/rest.ts';
import { adminServer } from '../../services/kit/admin.ts';
import { openReleaseCalls } from '../calls/release-calls.ts';
import { chosenEvidence } from './chosen-evidence.ts';
import { startRolloutController } from './controller.ts';
import { createRolloutMetrics } from './metrics.ts';
import type { ProgramOptions } from './options.ts';
import { readSecretBy } from './secrets.ts';

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
  const { edge } = options;
  const inNamespace = options.namespace === undefined ? {} : { namespace: options.namespace };
  const onProblem = withoutRepeats((problem) => log.info('problem', { problem }));
  const evidence = chosenEvidence(options, { rest, clock, signal: stop.signal, onProblem, ...inNamespace });
  const calls = edge ? openReleaseCalls({ edge: { url: edge }, readSecret: readSecretBy(rest), clock }) : undefined;
  const controller = await startRolloutController({
    rest,
    clock,
    log,
    ...inNamespace,
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
