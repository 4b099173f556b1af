import type { Service } from 'kubernetes-types/core/v1.js';
import type { Controller, ControllerContext } from './controller.ts';

/** First address of 10.96.0.0/16, the usual range of Services; .0.1 belongs to the API server. */
const prefix = '10.96';
const firstHost = 10;
const lastHost = 65_534;

/** Gives every Service a clusterIP of its own; `None` and ExternalName stay without one. */
export function serviceAddressController({ store }: ControllerContext): Controller {
  return {
    kind: 'Service',
    reconcile({ namespace, name }) {
      const service = store.get<Service>('Service', name, namespace);
      if (service === undefined || service.spec?.type === 'ExternalName') return undefined;
      const { clusterIP } = service.spec ?? {};
      if (clusterIP !== undefined && clusterIP !== '') return undefined;
      const used = new Set(store.list<Service>('Service').items.map((other) => other.spec?.clusterIP));
      const address = freeAddress(used);
      if (address === undefined) throw new Error(`no free clusterIP in ${prefix}.0.0/16: delete a Service`);
      const spec = { ...service.spec, clusterIP: address, clusterIPs: [address] };
      store.update<Service>({ ...service, spec });
      return undefined;
    },
  };
}

/** The lowest address of the range that nobody has. */
export function freeAddress(used: ReadonlySet<string | undefined>): string | undefined {
  for (let host = firstHost; host <= lastHost; host += 1) {
    const address = `${prefix}.${host >> 8}.${host & 255}`;
    if (!used.has(address)) return address;
  }
  return undefined;
}
