import type { ContainerStatus, Pod } from 'kubernetes-types/core/v1.js';

/** Why a Pod does not start, in its own words. */
export interface PodTrouble {
  /** `Pod accounts-...: ErrImagePull: no such image`. */
  readonly text: string;
  /** Nothing but another object brings it to life: an image that cannot be had, a Secret that is not there. */
  readonly lasting: boolean;
}

/** Reasons of a waiting container (https://kubernetes.io/docs/concepts/containers/images/#imagepullbackoff) that do not go by themselves. */
const lastingReasons = [
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'CreateContainerConfigError',
];
const passingReasons = ['CrashLoopBackOff', 'CreateContainerError', 'RunContainerError'];

/** The first trouble of the Pods with these labels; undefined when none has any. Pure. */
export function podTrouble(pods: readonly Pod[], labels: Readonly<Record<string, string>>): PodTrouble | undefined {
  const own = pods.filter(({ metadata }) =>
    Object.entries(labels).every(([key, value]) => metadata?.labels?.[key] === value),
  );
  const troubles = own.flatMap((pod) => {
    const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
    return [...initContainerStatuses, ...containerStatuses].flatMap((each) => containerTrouble(pod, each));
  });
  return troubles.find(({ lasting }) => lasting) ?? troubles[0];
}

function containerTrouble(pod: Pod, { name, state, lastState }: ContainerStatus): PodTrouble[] {
  const reason = state?.waiting?.reason;
  if (!reason || ![...lastingReasons, ...passingReasons].includes(reason)) return [];
  const ended = lastState?.terminated;
  const last = ended ? `last exit code ${ended.exitCode}` : undefined;
  const why = [reason, reason === 'CrashLoopBackOff' ? last : state?.waiting?.message].filter(Boolean).join(': ');
  const text = `Pod ${pod.metadata?.name}, container ${name}: ${why}`;
  return [{ text, lasting: lastingReasons.includes(reason) }];
}
