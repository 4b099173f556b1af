import type { Row } from '../row.ts';
import { sidecarCpu } from './sidecar-cpu.ts';
import { sidecarLatency } from './sidecar-latency.ts';

/** All rows, in the order in which they are measured and printed. */
export const rows: readonly Row[] = [sidecarLatency, sidecarCpu];
