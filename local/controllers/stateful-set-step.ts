/** One Pod of a StatefulSet. */
export interface OrdinalState {
  readonly ordinal: number;
  readonly revision: string;
  readonly available: boolean;
  readonly terminating: boolean;
  /** Finished (Failed or Succeeded): it is replaced. */
  readonly finished: boolean;
}

export interface StatefulState {
  readonly replicas: number;
  /** spec.ordinals.start */
  readonly start: number;
  /** OrderedReady: one at a time, each waits for the one before. */
  readonly ordered: boolean;
  readonly currentRevision: string;
  readonly updateRevision: string;
  /** Ordinals below this stay on the current revision; undefined = OnDelete: none is replaced by an update. */
  readonly partition: number | undefined;
  readonly pods: readonly OrdinalState[];
}

export type StatefulAction =
  | { readonly kind: 'create'; readonly ordinal: number; readonly revision: string }
  | { readonly kind: 'delete'; readonly ordinal: number };

/**
 * What to do next, as https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/ describes: create in order,
 * remove from the highest ordinal down, update from the highest down to the partition, one at a time. Pure.
 */
export function statefulSetStep(state: StatefulState): StatefulAction[] {
  const finished = state.pods.filter((pod) => pod.finished && !pod.terminating);
  if (finished.length > 0) return finished.map(({ ordinal }) => ({ kind: 'delete', ordinal }));
  const actions = state.ordered ? orderedStep(state) : parallelStep(state);
  return actions ?? updateStep(state);
}

function wantedOrdinals({ start, replicas }: StatefulState): number[] {
  return Array.from({ length: replicas }, (_none, index) => start + index);
}

function creation(state: StatefulState, ordinal: number): StatefulAction {
  const held = state.partition !== undefined && ordinal < state.partition;
  return { kind: 'create', ordinal, revision: held ? state.currentRevision : state.updateRevision };
}

function surplus(state: StatefulState): OrdinalState[] {
  const { start, replicas } = state;
  return state.pods
    .filter(({ ordinal }) => ordinal < start || ordinal >= start + replicas)
    .sort((left, right) => right.ordinal - left.ordinal);
}

/** undefined = every Pod is there and available, and none is too many. */
function orderedStep(state: StatefulState): StatefulAction[] | undefined {
  for (const ordinal of wantedOrdinals(state)) {
    const pod = state.pods.find((candidate) => candidate.ordinal === ordinal);
    if (pod === undefined) return [creation(state, ordinal)];
    if (pod.terminating) return [];
    if (!pod.available) return isStuck(state, pod) ? [{ kind: 'delete', ordinal }] : [];
  }
  const extra = surplus(state);
  const [last] = extra;
  if (last === undefined) return undefined;
  return extra.some(({ terminating }) => terminating) ? [] : [{ kind: 'delete', ordinal: last.ordinal }];
}

/**
 * A Pod of an old revision that never becomes available would block its own repair for ever (kubernetes#67250): it is
 * replaced at once when the update covers it.
 */
function isStuck(state: StatefulState, pod: OrdinalState): boolean {
  return state.partition !== undefined && pod.ordinal >= state.partition && pod.revision !== state.updateRevision;
}

function parallelStep(state: StatefulState): StatefulAction[] | undefined {
  const present = new Set(state.pods.map(({ ordinal }) => ordinal));
  const actions: StatefulAction[] = wantedOrdinals(state)
    .filter((ordinal) => !present.has(ordinal))
    .map((ordinal) => creation(state, ordinal));
  for (const { ordinal, terminating } of surplus(state)) if (!terminating) actions.push({ kind: 'delete', ordinal });
  return actions.length > 0 ? actions : undefined;
}

function updateStep(state: StatefulState): StatefulAction[] {
  const { partition, updateRevision } = state;
  if (partition === undefined) return [];
  const inRange = state.pods
    .filter(({ ordinal }) => ordinal >= partition && wantedOrdinals(state).includes(ordinal))
    .sort((left, right) => right.ordinal - left.ordinal);
  for (const pod of inRange) {
    if (pod.terminating) return [];
    if (pod.revision !== updateRevision) return [{ kind: 'delete', ordinal: pod.ordinal }];
    if (!pod.available) return [];
  }
  return [];
}
