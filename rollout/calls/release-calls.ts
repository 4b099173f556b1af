import type { Clock } from '../../kube/clock.ts';
import type { EventCount, Example } from '../core/evidence.ts';
import type { GateResult } from '../core/state.ts';
import { defaults } from '../resource/defaults.ts';
import type { CallsSpec } from '../resource/rollout.ts';
import { callErrorOf } from './call-error.ts';
import { openCaller } from './caller.ts';
import { type Credentials, openCredentials, type ReadSecret } from './credentials.ts';
import { drive, type EndingDriving, noDriving } from './driving.ts';
import { type PlannedCall, plannedCalls } from './planned-call.ts';
import type { CallParts } from './release-call.ts';
import { gateOf, smoke } from './smoke.ts';

/** Calls of the kit's own to one release of a service, made through the edge. */
export interface ReleaseCalls {
  /**
   * Makes every call once to the candidate. Open: all answers came from it and are as expected. Shut: at least one is not, or the calls cannot
   * be made as they are written. Pending: nothing was learnt about it (the edge does not go by the rule yet, or cannot be reached); ask again.
   * Never rejects, except with the reason of `signal`.
   */
  smoke(target: CallTarget, signal: AbortSignal): Promise<GateResult>;
  /** Makes the calls in turn, `spec.rate` a second, every other one to the stable release, until it is closed. */
  drive(target: CallTarget): Driving;
  /** Closes every Driving; resolves when no connection is open. */
  close(): Promise<void>;
}

/** The two releases, and what to call. */
export interface CallTarget {
  readonly namespace: string;
  readonly service: string;
  /** Of the Rollout: part of the header by which the edge leads to a release (mesh/rollout-header.ts). */
  readonly uid: string;
  readonly stable: string;
  readonly candidate: string;
  readonly protocol: 'http' | 'grpc' | 'tcp';
  readonly spec: CallsSpec;
}

/** Calls that go on until they are closed. */
export interface Driving {
  /** What was answered since the last read; the controller merges it into the evidence as the counter `bodyCounter` (core/check.ts). */
  read(): DrivingReading;
  /** No call begins any more, and those in flight are broken off. */
  close(): void;
}

/** Answers since the last read. */
export interface DrivingReading {
  /** Occasions: answers of this release, and calls that it left without an answer. Events: those that are not as expected. */
  readonly stable: EventCount;
  readonly candidate: EventCount;
  readonly examples: readonly Example[];
  /** Why calls came to nothing that can be held against a release: no token, no edge, answers of another release. Absent: none did. */
  readonly trouble?: CallTrouble;
}

/** What kept calls from being made. */
export interface CallTrouble {
  /** Of a CallError (call-error.ts): `NoCredentials`, `TokenRefused`, `EdgeUnreachable`, `NotRouted`, ... */
  readonly code: string;
  readonly reason: string;
  readonly hint: string;
}

/** How calls get into the exchange. */
export interface EdgeAddress {
  /** `http://127.0.0.1:7080`, or https. */
  readonly url: string;
  /** PEM of the authorities that an https edge is held against. Default: those of the system. */
  readonly authorityPem?: string;
}

export interface ReleaseCallsOptions {
  readonly edge: EdgeAddress;
  readonly readSecret: ReadSecret;
  readonly clock: Clock;
  /** From the begin of a call to the end of its answer. Default 5 s. */
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 5_000;

/** Calls through the edge at this address. Tokens are shared by all that name the same Secret. */
export function openReleaseCalls(options: ReleaseCallsOptions): ReleaseCalls {
  const { edge, clock, timeoutMs = defaultTimeoutMs } = options;
  const open = new Set<EndingDriving>();
  const tokens = new Map<string, Credentials>();
  const credentialsOf = ({ namespace, spec }: CallTarget): Credentials | undefined => {
    if (!spec.credentials) return undefined;
    const { secretName } = spec.credentials;
    const key = `${namespace}/${secretName}`;
    const known = tokens.get(key) ?? openCredentials({ ...options, namespace, secretName });
    tokens.set(key, known);
    return known;
  };
  const partsFor = async (target: CallTarget, protocol: PlannedCall['protocol']): Promise<CallParts> => ({
    uid: target.uid,
    caller: await openCaller(protocol, { edge, clock, timeoutMs }),
    credentials: credentialsOf(target),
  });
  return {
    async smoke(target, signal) {
      try {
        const { protocol, calls } = plannedCalls(target);
        const parts = await partsFor(target, protocol);
        return await smoke(parts, calls, target.candidate, signal).finally(() => parts.caller.close());
      } catch (error) {
        signal.throwIfAborted();
        return gateOf(callErrorOf(error));
      }
    },
    drive(target) {
      try {
        const { protocol, calls } = plannedCalls(target);
        const { stable, candidate, spec } = target;
        const rate = spec.rate ?? defaults.calls.rate;
        const driving = drive({ stable, candidate, calls, rate, clock, parts: partsFor(target, protocol) });
        open.add(driving);
        void driving.ended.finally(() => open.delete(driving));
        return driving;
      } catch (error) {
        return noDriving(callErrorOf(error));
      }
    },
    async close() {
      const last = [...open];
      for (const driving of last) driving.close();
      await Promise.all(last.map(({ ended }) => ended));
    },
  };
}
