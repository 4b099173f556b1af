import type { Pod } from 'kubernetes-types/core/v1.js';
import type { Clock } from '../clock.ts';
import type { EventRecorder } from '../objects/events.ts';
import type { Sidecars } from '../sidecar/types.ts';
import type { Stored } from '../store/types.ts';
import type { Images } from './images.ts';
import type { VolumeSource } from './volumes.ts';

/** What the parts of one Pod share. */
export interface PodContext extends VolumeSource {
  readonly pod: Stored<Pod>;
  readonly clock: Clock;
  readonly events: EventRecorder;
  readonly images: Images;
  readonly sidecars: Sidecars;
  /** Absolute path of the Node that runs `{node}` and comes first on PATH. */
  readonly node: string;
  /** First wait after a crash, in milliseconds. */
  readonly backoffBaseMs: number;
  /** The Pod's status must be written. */
  readonly changed: () => void;
}
