import { systemClock } from '../../kube/clock.ts';
import { loadKubeConfig } from '../../kube/config.ts';
import { createLog } from '../../kube/log.ts';
import { openKubeRest } from '../../kube/rest.ts';
import { startRolloutController } from '../../rollout/controller/controller.ts';
import { createRolloutMetrics } from '../../rollout/controller/metrics.ts';
import type { EvidenceSource } from '../../rollout/evidence/source.ts';
import type { ControllerFigures } from './figures.ts';

/** The controller alone in a process, with evidence that costs nothing, so that what is measured is its own. */
const [, , kubeconfig = '', namespace = '', rate = '0'] = process.argv;
const latenessMs: number[] = [];

/** So many requests a second of each release, none of which fails. */
const evidence: EvidenceSource = {
  name: 'steady',
  open() {
    let lastMs = systemClock.now();
    return {
      async read() {
        const nowMs = systemClock.now();
        const requests = Math.round((Number(rate) * (nowMs - lastMs)) / 1000);
        lastMs = nowMs;
        const counts = { requests, failures: 0, latency: { boundsMs: [10, 100], counts: [requests, 0, 0] } };
        return { kind: 'counts', stable: counts, candidate: counts, examples: [] };
      },
      close: () => undefined,
    };
  },
  preflight: async () => [],
  close: async () => undefined,
};

const rest = await openKubeRest(loadKubeConfig(kubeconfig, {}));
const controller = await startRolloutController({
  rest,
  clock: systemClock,
  log: createLog((line) => process.stderr.write(line), Date.now),
  namespace,
  lease: { namespace, identity: 'bench', durationMs: 15_000 },
  evidence,
  metrics: { ...createRolloutMetrics(), late: (ms) => latenessMs.push(ms) },
});

/** Of what was looked at since the last message. */
process.on('message', () => {
  globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  const figures: ControllerFigures = {
    latenessMs: latenessMs.splice(0),
    cpuMs: (user + system) / 1000,
    heapMb: process.memoryUsage().heapUsed / 1e6,
    rssMb: process.memoryUsage().rss / 1e6,
  };
  process.send?.(figures);
});
process.on('disconnect', () => {
  void controller.stop().then(() => rest.close());
});
