import { uptime } from 'node:os';
import type { PodUsage, UsageSource } from '../api/types.ts';
import type { Clock } from '../clock.ts';
import { listProcesses, type ProcessEntry } from '../process/proc.ts';
import { usage } from '../process/usage.ts';
import type { PodWorker } from './pod-worker.ts';

interface Sample {
  readonly pid: number;
  readonly cpuMs: number;
  readonly atMs: number;
  readonly cpuNanoCores: number;
}

const shortestWindowMs = 1000;

/** Time since a process began, in milliseconds; the kernel counts its start in hundredths of a second since boot. */
function ageMs(pid: number, table: readonly ProcessEntry[]): number {
  const begun = table.find((entry) => entry.pid === pid)?.startTime;
  return begun === undefined ? 0 : uptime() * 1000 - Number(begun) * 10;
}

/**
 * Measures containers when it is asked; the CPU rate is that since the last time somebody asked, at least a second ago, and
 * at first that of the whole life of the process.
 */
export function createUsageMeter(workers: () => Iterable<PodWorker>, clock: Clock): UsageSource {
  const samples = new Map<string, Sample>();
  const rate = (key: string, pid: number, cpuMs: number, lifeMs: number): number => {
    const atMs = clock.now();
    const last = samples.get(key);
    const before = last?.pid === pid ? last : undefined;
    const windowMs = before ? atMs - before.atMs : lifeMs;
    if (before && windowMs < shortestWindowMs) return before.cpuNanoCores;
    const spentMs = cpuMs - (before?.cpuMs ?? 0);
    const cpuNanoCores = windowMs > 0 ? Math.max(0, Math.round((spentMs / windowMs) * 1e9)) : 0;
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
          const cpuNanoCores = rate(`${uid}/${container.name}`, container.pid, cpuMs, ageMs(container.pid, table));
          return { name: container.name, cpuNanoCores, memoryBytes };
        });
        return { namespace, name, containers: measured };
      });
    },
  };
}
