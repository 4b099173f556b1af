import { Failure } from '../failure.ts';
import type { Target } from './target.ts';

/** A cluster that exists, by a context of the user's kubeconfig. */
export const contextTarget: Target = {
  name: 'context',
  describe: () => {
    throw new Failure('NotYet', 'the target context is not there yet', { hint: 'Type: parley up --target kind' });
  },
  check: async () => [],
  steps: async () => [],
  stop: async () => false,
};
