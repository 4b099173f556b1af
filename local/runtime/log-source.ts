import type { LogSource } from '../api/types.ts';
import { badRequest, notFound } from '../store/status.ts';
import { readLog } from './log-stream.ts';
import type { PodWorker } from './pod-worker.ts';

/** Container logs of the Pods that are there. Logs of a Pod vanish with it. */
export function createLogSource(find: (namespace: string, pod: string) => PodWorker | undefined): LogSource {
  return {
    open(namespace, pod, container, options, signal) {
      const worker = find(namespace, pod);
      if (worker === undefined) throw notFound({ plural: 'pods', group: '' }, pod);
      const { containers } = worker;
      const apps = containers.filter(({ kind }) => kind === 'app');
      if (container === '' && apps.length !== 1) {
        const names = containers.map(({ name }) => name).join(' ');
        throw badRequest(`a container name must be specified for pod ${pod}, choose one of: [${names}]`);
      }
      const found = container === '' ? apps[0] : containers.find(({ name }) => name === container);
      if (found === undefined) throw badRequest(`container ${container} is not valid for pod ${pod}`);
      const input = found.log(options.previous === true);
      if (input !== undefined) return readLog(input, options, signal);
      if (options.previous) throw badRequest(`previous terminated container "${found.name}" in pod "${pod}" not found`);
      const { phase } = found.view();
      const reason = phase.kind === 'waiting' ? phase.reason : phase.kind;
      throw badRequest(`container "${found.name}" in pod "${pod}" is waiting to start: ${reason}`);
    },
  };
}
