import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { type Catalogue, readCatalogue, releasesOf } from './catalogue.ts';
import type { Plan } from './plan.ts';

/** The services of this repository. */
export const catalogue: Catalogue = readCatalogue(fileURLToPath(new URL('../services', import.meta.url)));

/** Any plan that can be carried out: some releases of each service, some weight on at least one of them. */
export const anyPlan: fc.Arbitrary<Plan> = fc.record(
  Object.fromEntries(
    catalogue.map((service) => [
      service.name,
      fc
        .subarray(releasesOf(service), { minLength: 1 })
        .chain((versions) => fc.tuple(...versions.map((version) => fc.tuple(fc.constant(version), fc.nat(100)))))
        .filter((weights) => weights.some(([, weight]) => weight > 0))
        .map((weights) => Object.fromEntries(weights)),
    ]),
  ),
);
