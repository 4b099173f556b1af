import type { Row } from '../row.ts';
import { coldStart } from './cold-start.ts';
import { memory } from './memory.ts';
import { renderTime } from './render.ts';
import { rollback } from './rollback.ts';
import { rollouts } from './rollouts.ts';
import { serviceTracing } from './service-tracing.ts';
import { sidecarCpu } from './sidecar-cpu.ts';
import { sidecarLatency } from './sidecar-latency.ts';
import { sidecarMemory } from './sidecar-memory.ts';
import { tracingSampling } from './tracing-sampling.ts';

/** All rows, in the order in which they are measured and printed. */
export const rows: readonly Row[] = [
  coldStart,
  sidecarLatency,
  sidecarCpu,
  sidecarMemory,
  serviceTracing,
  tracingSampling,
  memory,
  renderTime,
  rollouts,
  rollback,
];
