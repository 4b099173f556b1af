import { callerHungUp, callsTo, failedCallsKey } from '../../mesh/envoy/call-counters.ts';
import { releaseName } from '../../mesh/release.ts';
import { callsFilter, callsIn, clustersIn, readStats, statsPath } from './envoy-stats.ts';
import { exampleOf, readFailedCall } from './failed-call.ts';
import type { EvidenceClock, Place } from './looks.ts';
import { type FailedAt, type ProxyKind, type ProxyNames, proxyEvidence } from './proxy-evidence.ts';
import type { EvidenceSource, EvidenceTarget } from './source.ts';

/** A sidecar of the embedded cluster that can be asked what it counted. */
export interface AskedSidecar extends Place {
  /** Bodies of answers of its admin interface. Rejects when it does not answer. */
  get(path: string): Promise<string>;
  post(path: string): Promise<string>;
  /** Lines about failing calls that it wrote since this was asked last; they are kept nowhere else. */
  takeFailedCalls(): readonly string[];
}

/** The sidecars that run now; sidecar-folder.ts has the ones of a state folder. */
export interface AskedSidecars {
  list(): readonly AskedSidecar[];
  close(): void;
}

export interface SidecarEvidenceOptions {
  readonly sidecars: AskedSidecars;
  readonly clock: EvidenceClock;
}

/** Sidecars are asked again for examples, in case another controller that ended asked them to stop. */
const againMs = 5000;

/** One that does not answer has ended or is about to: the next one begins without. */
const tellNoMore = (sidecars: readonly AskedSidecar[]) =>
  Promise.allSettled(sidecars.map(({ post }) => post(`/runtime_modify?${failedCallsKey}=0`)));

/**
 * Evidence from the sidecars of callers in the embedded cluster, the edge's among them (mesh/envoy/call-counters.ts). While a reader is
 * open they also write failing calls down, for examples.
 */
export function sidecarEvidence({ sidecars, clock }: SidecarEvidenceOptions): EvidenceSource {
  const telling = new Map<string, { readonly sidecar: AskedSidecar; readonly askedAtMs: number }>();
  // One that ran before this and was killed may have left them on.
  void tellNoMore(sidecars.list());
  return proxyEvidence<AskedSidecar>(
    {
      name: 'sidecars',
      list: sidecars.list,
      names: namesOf,
      async ask(sidecar, targets, examples) {
        const named = targets.map(namesOf).flatMap((one) => [one.stable, one.candidate, one.known]);
        const filter = callsFilter([...new Set(named)]);
        const stats = readStats(await sidecar.get(statsPath(filter)));
        if (examples() && clock.now() - (telling.get(sidecar.id)?.askedAtMs ?? Number.NEGATIVE_INFINITY) > againMs) {
          telling.set(sidecar.id, { sidecar, askedAtMs: clock.now() });
          // What it counts is evidence without examples as well: it is asked to tell of failing calls, and that is all.
          await Promise.allSettled([sidecar.post(`/runtime_modify?${failedCallsKey}=100`)]);
        }
        const failed = telling.has(sidecar.id) ? failedCalls(sidecar) : [];
        return { counters: callsIn(stats), known: clustersIn(stats), failed };
      },
      missing,
      async idle() {
        const told = [...telling.values()];
        telling.clear();
        await tellNoMore(told.map(({ sidecar }) => sidecar));
      },
      close: sidecars.close,
    },
    clock,
  );
}

/** What to say, and what to type. */
const missing: ProxyKind<AskedSidecar>['missing'] = {
  proxies: {
    what: 'no Pod of the cluster has a sidecar that answers',
    hint: 'Type: parley status   (it shows which Pods run)',
  },
  silent: ({ name, silentMs, reason }) => ({
    what: `the sidecar of ${name}, which calls the service, has not answered for ${(silentMs / 1000).toFixed(1)} s: ${reason}`,
    hint: `Type: kubectl describe pod ${name.replace(/^.*\//, '')}   (its events say what is wrong with the sidecar)`,
  }),
  candidate: ({ namespace, service, port, protocol, candidate }, { known }) => {
    const name = protocol === 'tcp' ? service : releaseName(service, candidate);
    return {
      what: `no sidecar has a cluster ${known}: there is no Service ${name} with port ${port}`,
      hint: `Type: kubectl get service ${name} -n ${namespace}`,
    };
  },
  calls: ({ service }, to) => ({
    what: `calls.ended.to.${to}: no sidecar has counted a call`,
    hint: `Call ${service} by the edge or from a Pod with a sidecar, and ask again.`,
  }),
};

function namesOf({ namespace, service, port, protocol, stable, candidate }: EvidenceTarget): ProxyNames {
  const to = (name: string) => callsTo({ namespace, name }, port);
  const ofCandidate = to(releaseName(service, candidate));
  // The releases of a TCP Service share the cluster of the Service that callers name.
  const known = protocol === 'tcp' ? to(service) : ofCandidate;
  return { stable: to(releaseName(service, stable)), candidate: ofCandidate, known };
}

function failedCalls(sidecar: AskedSidecar): readonly FailedAt[] {
  return sidecar.takeFailedCalls().flatMap((line) => {
    const call = readFailedCall(line);
    return call?.to && !callerHungUp(call.flags ?? '')
      ? [{ to: call.to, example: (release: string) => exampleOf(call, release) }]
      : [];
  });
}
