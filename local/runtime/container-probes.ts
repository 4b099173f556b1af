import type { Probe } from 'kubernetes-types/core/v1.js';
import type { PodContext } from './pod-context.ts';
import { type ProbeTarget, probeOnce } from './probe-actions.ts';
import { runProber } from './prober.ts';

export interface ProbeSubject {
  readonly context: PodContext;
  readonly target: ProbeTarget;
  readonly signal: AbortSignal;
  /** It passed its startup probe under an earlier daemon. */
  readonly started: boolean;
  /** The startup probe passed, or there is none. */
  readonly onStarted: () => void;
  readonly onReady: (ready: boolean) => void;
  /** The container must be killed: startup or liveness reached its failure threshold. */
  readonly onUnhealthy: (probe: 'startup' | 'liveness', graceSeconds: number | undefined) => void;
}

/** Runs the probes of one run of a container: startup first, then readiness and liveness side by side. */
export async function superviseProbes(subject: ProbeSubject): Promise<void> {
  const { startupProbe, readinessProbe, livenessProbe } = subject.target.container;
  if (startupProbe && !subject.started && !(await untilStarted(subject, startupProbe))) return;
  if (subject.signal.aborted) return;
  subject.onStarted();
  if (!readinessProbe) subject.onReady(true);
  await Promise.all([
    readinessProbe && probing(subject, 'readiness', readinessProbe, subject.signal, subject.onReady),
    livenessProbe &&
      probing(subject, 'liveness', livenessProbe, subject.signal, (healthy) => {
        if (!healthy) subject.onUnhealthy('liveness', livenessProbe.terminationGracePeriodSeconds);
      }),
  ]);
}

async function untilStarted(subject: ProbeSubject, probe: Probe): Promise<boolean> {
  const decided = new AbortController();
  let started = false;
  await probing(subject, 'startup', probe, AbortSignal.any([subject.signal, decided.signal]), (healthy) => {
    started = healthy;
    decided.abort();
  });
  if (!started && !subject.signal.aborted) subject.onUnhealthy('startup', probe.terminationGracePeriodSeconds);
  return started;
}

function probing(
  { context, target }: ProbeSubject,
  kind: 'startup' | 'readiness' | 'liveness',
  probe: Probe,
  signal: AbortSignal,
  onVerdict: (healthy: boolean) => void,
): Promise<void> {
  const title = `${kind[0]?.toUpperCase()}${kind.slice(1)}`;
  return runProber({
    probe,
    clock: context.clock,
    signal,
    attempt: (attemptSignal) => probeOnce(target, probe, attemptSignal),
    onResult(outcome, verdict) {
      if (!outcome.ok) {
        const message = `${title} probe failed: ${outcome.message}`;
        const field = `spec.containers{${target.container.name}}`;
        context.events.record(context.pod, { type: 'Warning', reason: 'Unhealthy', message, field });
      }
      if (verdict !== undefined) onVerdict(verdict);
    },
  });
}
