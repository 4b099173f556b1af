import { randomUUID } from 'node:crypto';
import type { Pod, PodList } from 'kubernetes-types/core/v1.js';
import type { Commands } from './commands.ts';
import { eventually } from './eventually.ts';
import { type Process, processesOf } from './processes.ts';

/** Pods of one service, oldest name first. */
export async function podsOf(exchange: Commands, service: string): Promise<Pod[]> {
  const labels = `app.kubernetes.io/part-of=exchange,app.kubernetes.io/name=${service}`;
  const { items } = await exchange.get<PodList>('pods', '-l', labels);
  return items;
}

/** The one Pod of a service that has one. */
export async function podOf(exchange: Commands, service: string): Promise<Pod> {
  const [pod, ...others] = await podsOf(exchange, service);
  if (!pod || others.length > 0) throw new Error(`${service}: ${others.length + (pod ? 1 : 0)} Pods, 1 was expected`);
  return pod;
}

/** Processes of a Pod: its sidecar, and the rest. */
export function processesOfPod(
  exchange: { readonly home: string },
  pod: Pod,
): { readonly sidecar: Process[]; readonly app: Process[] } {
  const uid = pod.metadata?.uid ?? '';
  const mark = ({ environment }: Process) => environment.PARLEY_POD ?? '';
  const all = processesOf(exchange.home).filter((each) => mark(each) === uid || mark(each).startsWith(`${uid}/`));
  const isSidecar = ({ command }: Process) => /(^|\/)envoy\b/.test(command.split(' ')[0] ?? '');
  return { sidecar: all.filter(isSidecar), app: all.filter((each) => !isSidecar(each)) };
}

/** Restarts of a Pod's containers, init containers included. */
export function restartsOf({ status }: Pod): number {
  const statuses = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return statuses.reduce((sum, { restartCount }) => sum + restartCount, 0);
}

export function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
}

/** Waits until every Pod of the exchange is ready. */
export async function allReady(exchange: Commands, deadlineMs = 30_000): Promise<void> {
  await eventually(
    'all Pods ready',
    deadlineMs,
    async () => {
      const { items } = await exchange.get<PodList>('pods');
      return items
        .filter((pod) => !isReady(pod))
        .map(({ metadata, status }) => `${metadata?.name}: ${JSON.stringify(status)}`);
    },
    (unready) => unready.length === 0,
  );
}

/**
 * Rolls a Deployment and waits until it is rolled out. By an annotation of our own: `kubectl rollout restart` marks by the
 * second and refuses a second one within it, and a roll can be over sooner.
 */
export async function rollDeployment(exchange: Commands, deployment: string): Promise<void> {
  const template = { metadata: { annotations: { roll: randomUUID() } } };
  await exchange.kubectl('patch', 'deployment', deployment, '-p', JSON.stringify({ spec: { template } }));
  await exchange.kubectl('rollout', 'status', `deployment/${deployment}`, '--timeout=120s');
}
