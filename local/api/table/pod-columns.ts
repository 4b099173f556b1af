import type { ContainerStatus, Pod } from 'kubernetes-types/core/v1.js';
import type { Stored } from '../../store/types.ts';
import { ageColumn, type Column, type ColumnTable, nameColumn, since, text, wide } from './column.ts';

const podOf = (object: Stored): Stored<Pod> => object as Stored<Pod>;

/** Why an init container keeps the Pod waiting; undefined when all of them are through. */
function initReason(pod: Stored<Pod>): string | undefined {
  const specs = pod.spec?.initContainers ?? [];
  for (const [index, status] of (pod.status?.initContainerStatuses ?? []).entries()) {
    const { terminated, waiting } = status.state ?? {};
    if (terminated?.exitCode === 0) continue;
    const sidecar = specs.find(({ name }) => name === status.name)?.restartPolicy === 'Always';
    if (sidecar && status.started) continue;
    if (terminated) return `Init:${terminated.reason || exitReason(terminated)}`;
    if (waiting?.reason && waiting.reason !== 'PodInitializing') return `Init:${waiting.reason}`;
    return `Init:${index}/${specs.length}`;
  }
  return undefined;
}

const exitReason = (terminated: { signal?: number; exitCode: number }): string =>
  terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`;

function containerReason(statuses: readonly ContainerStatus[]): string | undefined {
  for (const { state } of statuses) {
    if (state?.waiting?.reason) return state.waiting.reason;
    if (state?.terminated) return state.terminated.reason || exitReason(state.terminated);
  }
  return undefined;
}

/** The STATUS column: https://github.com/kubernetes/kubernetes/blob/master/pkg/printers/internalversion/printers.go */
export function podStatus(object: Stored): string {
  const pod = podOf(object);
  const statuses = pod.status?.containerStatuses ?? [];
  const running = statuses.some(({ ready, state }) => ready && state?.running);
  let reason = pod.status?.reason || pod.status?.phase || 'Pending';
  const initializing = initReason(pod);
  const found = initializing ?? containerReason(statuses);
  if (found) reason = found === 'Completed' && running ? 'Running' : found;
  if (pod.metadata.deletionTimestamp === undefined) return reason;
  return pod.status?.reason === 'NodeLost' ? 'Unknown' : 'Terminating';
}

/** Containers that count as ready, native sidecars among them. */
function ready(object: Stored): string {
  const pod = podOf(object);
  const sidecars = (pod.spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  const names = new Set([...sidecars, ...(pod.spec?.containers ?? [])].map(({ name }) => name));
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  return `${statuses.filter((status) => names.has(status.name) && status.ready).length}/${names.size}`;
}

function restarts(object: Stored, now: number): string {
  const statuses = podOf(object).status?.containerStatuses ?? [];
  const count = statuses.reduce((sum, { restartCount }) => sum + restartCount, 0);
  const ends = statuses.flatMap(({ lastState }) => lastState?.terminated?.finishedAt ?? []);
  const last = ends.sort().at(-1);
  return count > 0 && last !== undefined ? `${count} (${since(last, now)} ago)` : String(count);
}

const gates: Column = {
  name: 'Readiness Gates',
  cell: (object) => {
    const pod = podOf(object);
    const wanted = (pod.spec?.readinessGates ?? []).map(({ conditionType }) => conditionType);
    const met = (pod.status?.conditions ?? []).filter(({ type, status }) => wanted.includes(type) && status === 'True');
    return wanted.length === 0 ? '<none>' : `${met.length}/${wanted.length}`;
  },
};

export const podColumns = (): ColumnTable => ({
  Pod: [
    nameColumn,
    { name: 'Ready', cell: ready },
    { name: 'Status', cell: podStatus },
    { name: 'Restarts', cell: restarts },
    ageColumn,
    wide(text('IP', 'status.podIP')),
    wide(text('Node', 'spec.nodeName')),
    wide(text('Nominated Node', 'status.nominatedNodeName')),
    wide(gates),
  ],
});
