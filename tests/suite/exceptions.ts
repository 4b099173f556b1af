import type { TestPlace } from '../target.ts';

/** A test of the suite that cannot hold in one place. */
export interface Exception extends TestPlace {
  /** Its name, as the source has it. */
  readonly test: string;
  /** What the place lacks, so that it can be told when the exception is out of date. */
  readonly reason: string;
}

const edgeOfOurs = 'the edge under Linkerd is an Envoy with a configuration of the kit; it does not read routes';

const countersOnly = 'the sidecars of a cluster are read by their counters, which know no single request';

/** All there are; a test of the suite that is not named here runs everywhere. */
export const exceptions: readonly Exception[] = [
  {
    test: 'retries in the route: the errors are hidden, and shown again when they are taken out',
    target: 'kind',
    mesh: 'linkerd',
    reason: edgeOfOurs,
  },
  {
    test: 'a timeout in the route: late answers fail at once, the others do not',
    target: 'kind',
    mesh: 'linkerd',
    reason: edgeOfOurs,
  },
  {
    test: 'outlier detection: a Pod that does not answer is left out after five errors; without it, half of the calls go on failing',
    target: 'kind',
    mesh: 'linkerd',
    reason: edgeOfOurs,
  },
  { test: 'a request that failed can be looked up', target: 'kind', mesh: 'istio', reason: countersOnly },
  { test: 'a request that failed can be looked up', target: 'kind', mesh: 'linkerd', reason: countersOnly },
];

/** The exception for a test here, if there is one. */
export function exceptionFor(test: string, { target, mesh }: TestPlace): Exception | undefined {
  return exceptions.find((each) => each.test === test && each.target === target && each.mesh === mesh);
}
