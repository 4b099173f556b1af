import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Container as ContainerSpec, ContainerStatus, LifecycleHandler } from 'kubernetes-types/core/v1.js';
import { adoptProcess } from '../process/adopt.ts';
import { spawnProcess } from '../process/spawn.ts';
import { sweep } from '../process/sweep.ts';
import type { ProcessHandle } from '../process/types.ts';
import { type Command, containerCommand } from './command.ts';
import { execBeside } from './container-exec.ts';
import { superviseProbes } from './container-probes.ts';
import {
  type ContainerKind,
  type ContainerPhase,
  type ContainerView,
  readTerminated,
  type TerminatedPhase,
} from './container-view.ts';
import type { Image } from './images.ts';
import { runHook } from './lifecycle-hook.ts';
import { dropOldLogs, lastLines, logFile, rotateLog } from './log-files.ts';
import type { LogInput } from './log-stream.ts';
import { createLogTimes, type LogTimes } from './log-times.ts';
import type { PodContext } from './pod-context.ts';
import { type Backoff, containerEnd, createBackoff, type RestartPolicy, restartsAfter } from './restart.ts';
import { ContainerError, messageOf } from './runtime-error.ts';
import { pause } from './waiting.ts';

/** Filled in by the mesh in a cluster (https://istio.io/latest/docs/setup/additional-setup/gateway/); here the sidecar is the program. */
const providedImage = 'auto';

/** One container of a Pod over all its runs: start, probes, restarts, stop. */
export class Container {
  readonly spec: ContainerSpec;
  readonly kind: ContainerKind;
  readonly #context: PodContext;
  readonly #policy: RestartPolicy;
  readonly #backoff: Backoff;
  readonly #dir: string;
  readonly #stopping = new AbortController();
  readonly #startedOnce = Promise.withResolvers<void>();
  #phase: ContainerPhase = { kind: 'waiting', reason: 'ContainerCreating' };
  #last: TerminatedPhase | undefined;
  #restartCount = 0;
  #imageId = '';
  #started = false;
  #ready = false;
  #final = false;
  #process: ProcessHandle | undefined;
  #command: Command | undefined;
  #retry = new AbortController();
  #runEnded = new AbortController();
  #times: LogTimes;

  constructor(context: PodContext, spec: ContainerSpec, kind: ContainerKind, before?: ContainerStatus) {
    this.#context = context;
    this.spec = spec;
    this.kind = kind;
    this.#backoff = createBackoff(context.backoffBaseMs);
    const podPolicy = context.pod.spec?.restartPolicy ?? 'Always';
    this.#policy =
      kind === 'sidecar'
        ? 'Always'
        : kind === 'init' && podPolicy === 'Always'
          ? 'OnFailure'
          : (podPolicy as RestartPolicy);
    this.#dir = path.join(context.sandbox.dir, 'containers', spec.name);
    if (kind === 'app' && context.pod.spec?.initContainers?.length)
      this.#phase = { kind: 'waiting', reason: 'PodInitializing' };
    if (before !== undefined) this.#recall(before);
    this.#times = createLogTimes(this.#log(), context.clock);
  }

  get name(): string {
    return this.spec.name;
  }

  /** Resolves when it ran for the first time and its startup probe passed. */
  get started(): Promise<void> {
    return this.#startedOnce.promise;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Its program runs, or the sidecar is its program. */
  get running(): boolean {
    return this.#phase.kind === 'running';
  }

  view(): ContainerView {
    const { name, image = '' } = this.spec;
    return {
      name,
      kind: this.kind,
      image,
      imageId: this.#imageId,
      phase: this.#phase,
      last: this.#last,
      restartCount: this.#restartCount,
      started: this.#started,
      ready: this.#ready,
      final: this.#final,
    };
  }

  /** Takes over what an earlier daemon started; false when nothing of it lives. */
  adopt(): boolean {
    this.#process = adoptProcess(path.join(this.#dir, 'process.json'));
    if (this.#process === undefined) {
      this.#started = false;
      this.#ready = false;
      return false;
    }
    const startedMs = this.#phase.kind === 'running' ? this.#phase.startedMs : this.#context.clock.now();
    this.#phase = { kind: 'running', startedMs };
    return true;
  }

  /** Runs it, again and again as its policy says; resolves when it will not run any more or was stopped. */
  async run(): Promise<'succeeded' | 'failed'> {
    if (this.#final) return this.#outcome();
    if (this.spec.image === providedImage) return this.#runProvided();
    if (this.#process === undefined) await this.#concludeUnseenRun();
    while (!this.#stopping.signal.aborted && !this.#final) {
      const running = this.#process ?? (await this.#launch());
      const ended = running === undefined ? this.#phase : await this.#supervise(running);
      if (ended.kind === 'terminated') await this.#decideRestart(ended);
    }
    return this.#outcome();
  }

  /** Tries again now what waits for a ConfigMap, a Secret or an image. */
  retry(): void {
    if (this.#phase.kind === 'waiting' && this.#phase.reason !== 'CrashLoopBackOff') this.#retry.abort();
  }

  /** preStop, SIGTERM, and after `graceMs` (or when `hurry` aborts) SIGKILL; then nothing of it is left. */
  async stop(graceMs: number, hurry: AbortSignal): Promise<void> {
    this.#stopping.abort();
    this.#startedOnce.resolve();
    const running = this.#process;
    if (running !== undefined) {
      const endMs = this.#context.clock.now() + graceMs;
      if (graceMs > 0) this.#event('Normal', 'Killing', `Stopping container ${this.name}`);
      const { preStop } = this.spec.lifecycle ?? {};
      if (preStop && !preStop.sleep && graceMs > 0)
        await this.#hook('PreStop', preStop, AbortSignal.any([hurry, this.#runEnded.signal]));
      const kill = () => running.signal('SIGKILL');
      hurry.addEventListener('abort', kill);
      const leftMs = graceMs === 0 || hurry.aborted ? 0 : Math.max(2000, endMs - this.#context.clock.now());
      await running.stop(leftMs);
      hurry.removeEventListener('abort', kill);
    }
    await sweep(this.#marker);
  }

  /** Seconds that preStop.sleep asks for: the longest wait for the sidecars' confirmation. */
  get stopSleepSeconds(): number | undefined {
    return this.spec.lifecycle?.preStop?.sleep?.seconds;
  }

  /** Keeps the log in bounds and its time marks fresh. */
  tendLog(): void {
    if (this.#process === undefined) return;
    this.#times.look();
    if (rotateLog(this.#log())) this.#times.reset();
  }

  /** Where its log is; undefined when it (or its previous run) never ran. */
  log(previous: boolean): LogInput | undefined {
    const { clock } = this.#context;
    const crashed = this.#phase.kind === 'waiting' && this.#last !== undefined;
    const shown = this.#restartCount - (crashed ? 1 : 0) - (previous ? 1 : 0);
    if (shown < 0 || (this.#phase.kind === 'waiting' && this.#last === undefined)) return undefined;
    const file = this.#log(shown);
    if (shown === this.#restartCount) return { file, times: this.#times, clock, ended: this.#runEnded.signal };
    return { file, times: createLogTimes(file, clock), clock, ended: AbortSignal.abort() };
  }

  #outcome(): 'succeeded' | 'failed' {
    return this.#phase.kind === 'terminated' && this.#phase.end.exitCode === 0 ? 'succeeded' : 'failed';
  }

  #recall({ restartCount, state, lastState, imageID, started = false, ready }: ContainerStatus): void {
    this.#restartCount = restartCount;
    this.#imageId = imageID;
    this.#last = readTerminated(lastState?.terminated);
    const ended = readTerminated(state?.terminated);
    if (ended !== undefined) {
      this.#phase = ended;
      this.#final = !restartsAfter(this.#policy, ended.end.exitCode);
    } else if (state?.running !== undefined) {
      // A new daemon is no reason to take traffic from a Pod: what was ready stays so until its probes say otherwise.
      this.#started = started;
      this.#ready = ready;
      this.#phase = {
        kind: 'running',
        startedMs: Date.parse(state.running.startedAt ?? '') || this.#context.clock.now(),
      };
    }
  }

  /** A run that ended while no daemon was there to see it. */
  async #concludeUnseenRun(): Promise<void> {
    if (this.#phase.kind === 'terminated') return this.#decideRestart(this.#phase);
    // A daemon that is killed between a spawn and its record leaves a process that only its marker tells of.
    if (existsSync(this.#dir)) await sweep(this.#marker);
    if (this.#phase.kind !== 'running') return;
    const message = 'it ended while the cluster was down; its exit code is not known';
    await this.#decideRestart(this.#terminate(containerEnd({}), this.#phase.startedMs, message));
  }

  async #runProvided(): Promise<'succeeded' | 'failed'> {
    this.#phase = { kind: 'running', startedMs: this.#context.clock.now() };
    this.#imageId = 'sidecar';
    this.#setReady(true, true);
    this.#startedOnce.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#stopping.signal.addEventListener('abort', () => resolve());
    await promise;
    return 'succeeded';
  }

  /** Starts the process; undefined when it could not be had, with the phase telling why. */
  async #launch(): Promise<ProcessHandle | undefined> {
    const { clock, images, pod } = this.#context;
    let image: Image | undefined;
    try {
      image = images.resolve(this.spec.image ?? '');
      this.#command = containerCommand(this.#context, this.spec, image);
    } catch (error) {
      await this.#waitFor(error);
      return undefined;
    }
    this.#imageId = image.id;
    this.#event('Normal', 'Pulled', `Container image "${image.name}" already present on machine`);
    const startedMs = clock.now();
    try {
      mkdirSync(this.#dir, { recursive: true, mode: 0o700 });
      dropOldLogs(this.#dir, this.#restartCount);
      this.#process = spawnProcess({
        name: `${pod.metadata.namespace}/${pod.metadata.name} ${this.name}`,
        ...this.#command,
        logFile: this.#log(),
        recordFile: path.join(this.#dir, 'process.json'),
        marker: this.#marker,
      });
    } catch (error) {
      this.#event('Warning', 'Failed', `Error: ${messageOf(error)}`);
      this.#terminate({ exitCode: 128, reason: 'StartError' }, startedMs, messageOf(error));
      return undefined;
    }
    this.#phase = { kind: 'running', startedMs };
    this.#event('Normal', 'Started', `Started container ${this.name}`);
    return this.#process;
  }

  async #waitFor(error: unknown): Promise<void> {
    const known = error instanceof ContainerError ? error : new ContainerError('RunContainerError', messageOf(error));
    const repeated = this.#phase.kind === 'waiting' && [known.reason, known.firstReason].includes(this.#phase.reason);
    const reason = repeated ? known.reason : known.firstReason;
    this.#event('Warning', 'Failed', `${reason}: ${known.message}`);
    this.#phase = { kind: 'waiting', reason, message: known.message };
    this.#context.changed();
    this.#retry = new AbortController();
    const signal = AbortSignal.any([this.#retry.signal, this.#stopping.signal]);
    await pause(this.#context.clock, Math.max(this.#context.backoffBaseMs, this.#backoff.next(0)), signal);
  }

  /** Probes it until it ends. */
  async #supervise(running: ProcessHandle): Promise<ContainerPhase> {
    const { clock } = this.#context;
    const startedMs = this.#phase.kind === 'running' ? this.#phase.startedMs : clock.now();
    this.#runEnded = new AbortController();
    this.#times = createLogTimes(this.#log(), clock);
    this.#context.changed();
    const probes = this.#probe(running, AbortSignal.any([this.#runEnded.signal, this.#stopping.signal])).catch(
      (error: unknown) => this.#event('Warning', 'Unhealthy', `its probes failed: ${messageOf(error)}`),
    );
    const exit = await running.exited;
    this.#runEnded.abort();
    this.#process = undefined;
    await Promise.all([probes, sweep(this.#marker)]);
    const end = containerEnd(exit);
    const output = end.exitCode === 0 ? '' : lastLines(this.#log(), 10);
    return this.#terminate(end, startedMs, output);
  }

  async #probe(running: ProcessHandle, signal: AbortSignal): Promise<void> {
    const graceSeconds = this.#context.pod.spec?.terminationGracePeriodSeconds ?? 30;
    const { postStart } = this.spec.lifecycle ?? {};
    if (postStart && !(await this.#hook('PostStart', postStart, signal)))
      return void (await running.stop(graceSeconds * 1000));
    let killing = false;
    await superviseProbes({
      context: this.#context,
      target: this.#target(),
      signal,
      started: this.#started,
      onStarted: () => {
        this.#setReady(true, this.#ready);
        this.#startedOnce.resolve();
      },
      onReady: (ready) => this.#setReady(this.#started, ready),
      onUnhealthy: (probe, seconds) => {
        if (killing) return;
        killing = true;
        this.#event('Normal', 'Killing', `Container ${this.name} failed ${probe} probe, will be restarted`);
        // Its end is seen by #supervise, which waits for this very process.
        void running
          .stop((seconds ?? graceSeconds) * 1000)
          .catch((error: unknown) => this.#event('Warning', 'FailedKillPod', messageOf(error)));
      },
    });
  }

  async #hook(kind: 'PostStart' | 'PreStop', hook: LifecycleHandler, signal: AbortSignal): Promise<boolean> {
    try {
      await runHook(this.#target(), hook, this.#context.clock, signal);
      return true;
    } catch (error) {
      this.#event('Warning', `Failed${kind}Hook`, `${kind}Hook failed: ${messageOf(error)}`);
      return false;
    }
  }

  #target() {
    const { pod, sandbox } = this.#context;
    const place = {
      name: `${pod.metadata.namespace}/${pod.metadata.name} ${this.name}`,
      dir: this.#dir,
      marker: this.#marker,
    };
    return {
      pod,
      sandbox,
      container: this.spec,
      exec: (command: readonly string[], signal: AbortSignal) => {
        this.#command ??= containerCommand(
          this.#context,
          this.spec,
          this.#context.images.resolve(this.spec.image ?? ''),
        );
        return execBeside(place, this.#command, command, signal);
      },
    };
  }

  async #decideRestart(ended: TerminatedPhase): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    if (!restartsAfter(this.#policy, ended.end.exitCode)) {
      this.#final = true;
      return this.#context.changed();
    }
    const waitMs = this.#backoff.next(ended.finishedMs - ended.startedMs);
    this.#last = ended;
    this.#restartCount += 1;
    const { name, namespace } = this.#context.pod.metadata;
    const why = `exit code ${ended.end.exitCode}${ended.message ? `; last output:\n${ended.message}` : ''}`;
    const message = `back-off ${waitMs} ms restarting failed container=${this.name} pod=${name}_${namespace}: ${why}`;
    this.#phase = { kind: 'waiting', reason: 'CrashLoopBackOff', message };
    if (waitMs === 0) return;
    this.#event('Warning', 'BackOff', `Back-off restarting failed container ${this.name} in pod ${name}_${namespace}`);
    this.#context.changed();
    await pause(this.#context.clock, waitMs, this.#stopping.signal);
  }

  #terminate(end: TerminatedPhase['end'], startedMs: number, message: string): TerminatedPhase {
    const phase = { kind: 'terminated', end, startedMs, finishedMs: this.#context.clock.now(), message } as const;
    this.#phase = phase;
    this.#setReady(false, false);
    return phase;
  }

  #setReady(started: boolean, ready: boolean): void {
    this.#started = started;
    this.#ready = ready;
    this.#context.changed();
  }

  #log(restart = this.#restartCount): string {
    return logFile(this.#dir, restart);
  }

  get #marker(): string {
    return `${this.#context.pod.metadata.uid}/${this.name}`;
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    const list = this.kind === 'app' ? 'containers' : 'initContainers';
    this.#context.events.record(this.#context.pod, { type, reason, message, field: `spec.${list}{${this.name}}` });
  }
}
