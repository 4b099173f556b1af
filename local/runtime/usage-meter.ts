import type { PodUsage, UsageSource } from '../api/types.ts';
import type { Clock } from '../clock.ts';
import { listProcesses } from '../process/proc.ts';
import { usage } from '../process/usage.ts';
import type { PodWorker } from './pod-worker.ts';

interface Sample {
  readonly pid: number;
  readonly cpuMs: number;
  readonly atMs: number;
  readonly cpuNanoCores: number;
}

const shortestWindowMs = 1000;

/** Measures containers when it is asked; the CPU rate is that since the last time somebody asked, at least a second ago. */
export function createUsageMeter(workers: () => Iterable<PodWorker>, clock: Clock): UsageSource {
  const samples = new Map<string, Sample>();
  const rate = (key: string, pid: number, cpuMs: number): number => {
    const atMs = clock.now();
    const before = samples.get(key);
    const windowMs = before?.pid === pid ? atMs - before.atMs : 0;
    if (before?.pid === pid && windowMs < shortestWindowMs) return before.cpuNanoCores;
    const cpuNanoCores = before?.pid === pid ? Math.max(0, Math.round(((cpuMs - before.cpuMs) / windowMs) * 1e9)) : 0;
    samples.set(key, { pid, cpuMs, atMs, cpuNanoCores });
    return cpuNanoCores;
  };
  return {
    pods(): PodUsage[] {
      const table = listProcesses();
      return [...workers()].map(({ context, containers }) => {
        const { namespace = '', name, uid } = context.pod.metadata;
        const measured = containers.flatMap((container) => {
          if (container.pid === undefined) return [];
          const { cpuMs, memoryBytes } = usage([container.pid], table);
          const cpuNanoCores = rate(`${uid}/${container.name}`, container.pid, cpuMs);
          return { name: container.name, cpuNanoCores, memoryBytes };
        });
        return { namespace, name, containers: measured };
      });
    },
  };
}
