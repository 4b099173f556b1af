import { defaults } from '../defaults.ts';
import { calls } from './calls.ts';
import { checks } from './checks.ts';
import { decision, gates, noEvidence } from './decision.ts';
import { release, serviceName } from './formats.ts';
import { boolean, integer, object, oneOf, type Schema } from './schema.ts';
import { strategy } from './strategy.ts';

/** `spec`: what is wanted. */
export const spec: Schema = object(
  'What is wanted: which release is to take over a service, how, and what it is judged by.',
  {
    'service!': serviceName(
      'Apex Service in the same namespace, whose traffic moves. The Rollout has its name. Cannot be changed.',
    ),
    'candidate!': release(
      'The release that is to take over, such as 2.0.0. Its Deployment and its Service are named <service>-<release>, dots as dashes.',
    ),
    stable: release(
      'The release that serves now and that a failing candidate is compared with and replaced by. Default: the one that has the most weight when the rollout begins.',
    ),
    retry: integer(`Raise it to try the same candidate again. Default ${defaults.retry}.`, 0, 1_000_000),
    strategy,
    checks,
    decision,
    gates,
    calls,
    noEvidence,
    paused: boolean('No further stage begins; a failing candidate is still rolled back. Default false.'),
    request: object("A person's word about the attempt that runs.", {
      'action!': oneOf(
        'Promote gives the candidate everything without further judgement. Abort gives everything back to the stable release.',
        ['Promote', 'Abort'],
      ),
      'attempt!': integer(
        'The attempt that is meant, as status.attempt shows it; of any other attempt the request is ignored.',
        1,
        1_000_000_000,
      ),
    }),
  },
);
