import type { Clock } from '../clock.ts';
import { createEvents } from '../objects/events.ts';
import type { ObjectStore } from '../store/types.ts';
import { type ControllerContext, runController } from './controller.ts';
import { deploymentController } from './deployment.ts';
import { disruptionBudgetController } from './disruption-budget.ts';
import { runGarbageCollector } from './garbage-collector.ts';
import { jobController } from './job.ts';
import { namespaceController } from './namespace.ts';
import { replicaSetController } from './replica-set.ts';
import { serviceAccountController } from './service-account.ts';
import { serviceAddressController } from './service-address.ts';
import { serviceEndpointsController } from './service-endpoints.ts';
import { statefulSetController } from './stateful-set.ts';

const controllers = [
  deploymentController,
  replicaSetController,
  statefulSetController,
  jobController,
  serviceEndpointsController,
  serviceAddressController,
  disruptionBudgetController,
  serviceAccountController,
  namespaceController,
];

/** Starts every controller on the store. `onLost` is told of events that could not be written. */
export function startControllers(options: {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly onLost?: (message: string) => void;
}): { stop(): Promise<void> } {
  const { store, clock, onLost = () => undefined } = options;
  const events = createEvents({ store, clock, component: 'parley-controllers', onLost });
  const context: ControllerContext = { store, clock, events };
  const stops = [runGarbageCollector(context), ...controllers.map((create) => runController(create(context), context))];
  return {
    async stop() {
      await Promise.all(stops.map((stop) => stop()));
      events.flush();
    },
  };
}
