import { join } from 'node:path';
import type { Pod } from 'kubernetes-types/core/v1.js';
import { type InformerOptions, startInformer } from '../../kube/informer.ts';
import type { WatchedObject } from '../../kube/watch.ts';
import { prometheusEvidence } from '../evidence/prometheus-evidence.ts';
import { rabbitmqCounters } from '../evidence/rabbitmq.ts';
import { envoyEvidence, linkerdEvidence, type ScrapedPod } from '../evidence/scraped-proxies.ts';
import { sidecarEvidence } from '../evidence/sidecar-evidence.ts';
import { sidecarsIn } from '../evidence/sidecar-folder.ts';
import type { EvidenceSource } from '../evidence/source.ts';
import { totalsEvidence } from '../evidence/totals-evidence.ts';
import { withCounters } from '../evidence/with-counters.ts';
import type { ProgramOptions } from './options.ts';
import { watchQueues } from './queues.ts';

type Watch = Pick<InformerOptions<WatchedObject>, 'rest' | 'clock' | 'namespace' | 'signal' | 'onProblem'>;

/** What requests are counted by, and with it what brokers count; a program that gives totals counts everything itself. */
export function chosenEvidence(options: Pick<ProgramOptions, 'evidence' | 'rabbitmq'>, watch: Watch): EvidenceSource {
  const requests = requestEvidence(options.evidence, watch);
  if (options.evidence.kind === 'totals') return requests;
  const { rabbitmq } = options;
  const { clock } = watch;
  return withCounters(
    requests,
    rabbitmq ? [rabbitmqCounters({ ...rabbitmq, clock, queueOf: watchQueues(watch) })] : [],
  );
}

function requestEvidence(choice: ProgramOptions['evidence'], watch: Watch): EvidenceSource {
  const { clock } = watch;
  switch (choice.kind) {
    case 'sidecars':
      return sidecarEvidence({ sidecars: sidecarsIn(join(choice.at, 'pods')), clock });
    case 'totals':
      return totalsEvidence(choice.at);
    case 'envoy':
      return envoyEvidence({ pods: proxiedPods('istio-proxy', watch), clock });
    case 'linkerd':
      return linkerdEvidence({ pods: proxiedPods('linkerd-proxy', watch), clock });
    case 'prometheus':
      return prometheusEvidence({ url: choice.at, dialect: choice.dialect, clock });
  }
}

/** Pods that have this container running, by whichever way it was put there. */
function proxiedPods(container: string, watch: Watch): () => readonly ScrapedPod[] {
  const pods = startInformer<Pod & WatchedObject & { readonly metadata: { readonly uid?: string } }>({
    ...watch,
    apiVersion: 'v1',
    kind: 'Pod',
    onChange: () => undefined,
  });
  return () =>
    [...pods.all()].flatMap(({ metadata, status }) => {
      const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
      const proxy = all.find(({ name }) => name === container);
      if (!proxy?.state?.running || !status?.podIP) return [];
      const id = `${metadata.uid} ${proxy.restartCount}`;
      return [{ id, name: `${metadata.namespace}/${metadata.name}`, ip: status.podIP }];
    });
}
