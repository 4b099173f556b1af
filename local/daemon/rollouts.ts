import { join } from 'node:path';
import type { Clock } from '../../kube/clock.ts';
import { loadKubeConfig } from '../../kube/config.ts';
import type { Log } from '../../kube/log.ts';
import { openKubeRest } from '../../kube/rest.ts';
import { openReleaseCalls } from '../../rollout/calls/release-calls.ts';
import { startRolloutController } from '../../rollout/controller/controller.ts';
import { createRolloutMetrics } from '../../rollout/controller/metrics.ts';
import { readSecretBy } from '../../rollout/controller/secrets.ts';
import { sidecarEvidence } from '../../rollout/evidence/sidecar-evidence.ts';
import { sidecarsIn } from '../../rollout/evidence/sidecar-folder.ts';
import { withCounters } from '../../rollout/evidence/with-counters.ts';
import { rolloutDefinition } from '../../rollout/resource/definition.ts';
import { cloneJson } from '../store/json.ts';
import type { KubeObject, ObjectStore } from '../store/types.ts';

/** The controller's own namespace, for its Lease. */
const home = 'exchange';
const leaseMs = 15_000;

/** The cluster knows Rollouts from its start on, with or without a controller for them. */
export function defineRollouts(store: ObjectStore): void {
  const wanted = cloneJson(rolloutDefinition()) as KubeObject;
  const known = store.get('CustomResourceDefinition.apiextensions.k8s.io', rolloutDefinition().metadata.name);
  if (known) store.update({ ...wanted, metadata: { ...known.metadata, ...wanted.metadata } });
  else store.create(wanted);
}

/** The controller of rollouts within the daemon: a client of its API server like any other. */
export async function startRollouts(options: {
  readonly stateDir: string;
  readonly clock: Clock;
  readonly log: Log;
  /** `127.0.0.1:7080`, where the edge is; undefined: nowhere. */
  readonly edge: string | undefined;
}): Promise<{ stop(): Promise<void> }> {
  const { stateDir, clock, log, edge } = options;
  const rest = await openKubeRest(loadKubeConfig(join(stateDir, 'kubeconfig'), {}));
  const evidence = withCounters(sidecarEvidence({ sidecars: sidecarsIn(join(stateDir, 'pods')), clock }), []);
  const calls =
    edge === undefined
      ? undefined
      : openReleaseCalls({ edge: { url: `http://${edge}` }, readSecret: readSecretBy(rest), clock });
  const controller = await startRolloutController({
    rest,
    clock,
    log,
    // One daemon serves a state folder: one that was killed goes on under its name.
    lease: { namespace: home, identity: 'parley-daemon', durationMs: leaseMs },
    evidence,
    ...(calls ? { calls } : {}),
    metrics: createRolloutMetrics(),
  });
  return {
    async stop() {
      await controller.stop();
      await calls?.close();
      await evidence.close();
      await rest.close();
    },
  };
}
