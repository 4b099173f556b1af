import { rollouts } from '../../mesh/exchange.ts';
import { labelsOf } from '../../mesh/objects.ts';

/** Where the controller runs (docs/architecture.md, Rollouts), and its name: of the Deployment, the Service and the ServiceAccount. */
export const { namespace, serviceAccount: name } = rollouts;

/** Labels of every object of this folder. */
export const labels: Readonly<Record<string, string>> = labelsOf('rollouts');

/** The Lease by which one of several controllers leads. */
export const leaseName = 'parley-rollouts';
