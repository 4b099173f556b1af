/** What the process of the controller says of itself. */
export interface ControllerFigures {
  /** Of each look that was due, since the last question. */
  readonly latenessMs: readonly number[];
  /** Since it started. */
  readonly cpuMs: number;
  /** After a garbage collection. */
  readonly heapMb: number;
  readonly rssMb: number;
}
