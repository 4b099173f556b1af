import type { Service } from 'kubernetes-types/core/v1.js';
import { type InformerOptions, startInformer } from '../../kube/informer.ts';
import type { WatchedObject } from '../../kube/watch.ts';
import { queueAnnotation } from '../evidence/rabbitmq.ts';
import type { EvidenceTarget } from '../evidence/source.ts';

type Watch = Pick<InformerOptions<WatchedObject>, 'rest' | 'clock' | 'namespace' | 'signal' | 'onProblem'>;

/** The queue that a service consumes, as its apex Service says; undefined: it says none, or was not seen yet. */
export function watchQueues(
  watch: Watch,
): (target: Pick<EvidenceTarget, 'namespace' | 'service'>) => string | undefined {
  const services = startInformer<Service & WatchedObject>({
    ...watch,
    apiVersion: 'v1',
    kind: 'Service',
    onChange: () => undefined,
  });
  return ({ namespace, service }) => services.get(namespace, service)?.metadata.annotations?.[queueAnnotation];
}
