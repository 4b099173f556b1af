import { Failure } from '../failure.ts';
import type { Target } from './target.ts';

/** A kind cluster. Not there yet: every call says so and what works instead. */
export const kindTarget: Target = {
  name: 'kind',
  check: () => Promise.reject(notYet()),
  start: () => Promise.reject(notYet()),
  stop: () => Promise.resolve(false),
};

function notYet(): Failure {
  return new Failure('NotYet', 'the target kind is not there yet', {
    hint: 'Type: TARGET=embedded make up   (or parley up --target embedded)',
  });
}
