import { type Cluster, openCluster } from '../../cli/cluster.ts';
import { Failure, interrupted, messageOf } from '../../cli/failure.ts';
import { callProgram } from '../../install/program.ts';
import type { ObjectRef } from '../../install/site.ts';
import type { Clock } from '../../verify/load/clock.ts';
import { type Answers, answersIn } from './answers.ts';

export interface BenchOptions {
  readonly kubeconfig: string;
  /** Has node; in the nodes of the cluster. */
  readonly image: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** A cluster in which engines are compared; what was applied by it goes with `cleanUp`. */
export interface Bench extends Pick<BenchOptions, 'image' | 'say'> {
  readonly cluster: Cluster;
  /** Applies in order, and again while the cluster does not know a kind yet. */
  apply(objects: readonly ObjectRef[]): Promise<void>;
  /** Polls until `look` returns something; fails with what it said last. */
  until<T>(what: string, timeoutMs: number, look: () => Promise<T | undefined>): Promise<T>;
  /** Everything that the caller of a namespace has said; nothing before it runs. */
  answers(namespace: string): Promise<Answers[]>;
  cleanUp(): Promise<void>;
}

const knownMs = 30_000;
const goneMs = 120_000;

/** Everything that is applied goes again by `cleanUp`. */
export async function openBench({ kubeconfig, image, clock, signal, say }: BenchOptions): Promise<Bench> {
  const cluster = await openCluster(kubeconfig);
  const applied: ObjectRef[] = [];

  const until: Bench['until'] = async (what, timeoutMs, look) => {
    const startedAt = clock.now();
    for (;;) {
      if (signal.aborted) throw interrupted();
      const found = await look();
      if (found !== undefined) return found;
      if (clock.now() - startedAt > timeoutMs) {
        throw new Failure('Timeout', `${what}: not after ${timeoutMs / 1000} s`, {
          hint: `Type: kubectl --kubeconfig ${kubeconfig} get events -A`,
        });
      }
      await clock.sleep(200, signal);
    }
  };
  const applyOne = async (object: ObjectRef) => {
    let last: unknown;
    const tried = async () => {
      try {
        await cluster.serverApply(object);
        return true;
      } catch (error) {
        last = error;
        return undefined;
      }
    };
    await until(`${object.kind} ${object.metadata.name} applied`, knownMs, tried).catch((cause) => {
      throw new Failure('NotApplied', `${messageOf(cause)}: ${messageOf(last)}`, { cause: last });
    });
  };

  return {
    cluster,
    image,
    say,
    until,
    async apply(objects) {
      for (const object of objects) {
        applied.push(object);
        await applyOne(object);
      }
    },
    async answers(namespace) {
      const caller = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'caller', namespace } };
      const found = await cluster.read<{ status?: { availableReplicas?: number } }>(caller);
      if (!found?.status?.availableReplicas) return [];
      const args = [
        '--kubeconfig',
        kubeconfig,
        '-n',
        namespace,
        'logs',
        'deployment/caller',
        '-c',
        'program',
        '--tail=-1',
      ];
      const log = await callProgram({
        program: 'kubectl',
        args,
        env: process.env,
        signal,
        hint: 'Type: kubectl version',
      });
      return answersIn(log);
    },
    async cleanUp() {
      for (const object of [...applied].reverse()) await cluster.remove(object);
      for (const object of applied.filter(({ kind }) => kind === 'Namespace')) await gone(cluster, object, clock, say);
    },
  };
}

/** Waits also when the bench was interrupted, and says so when it was in vain. */
async function gone(cluster: Cluster, object: ObjectRef, clock: Clock, say: BenchOptions['say']): Promise<void> {
  const unhurried = new AbortController().signal;
  const startedAt = clock.now();
  while (await cluster.read(object)) {
    const { kind, metadata } = object;
    if (clock.now() - startedAt > goneMs)
      return say(
        `${kind} ${metadata.name} is still there after ${goneMs / 1000} s: kubectl get namespace ${metadata.name} -o yaml`,
      );
    await clock.sleep(500, unhurried);
  }
}
