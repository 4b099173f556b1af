import { defaults } from '../defaults.ts';
import { duration, name, percent, share } from './formats.ts';
import { listBy, number, object, type Schema, text } from './schema.ts';

const shares = (defaultsOf: { readonly good: string; readonly bad: string }) => ({
  good: share(`A share up to this is good. Default ${defaultsOf.good}.`),
  bad: share(`A share of this or more is bad; between the two nothing is promised. Default ${defaultsOf.bad}.`),
});

const series = (description: string): Schema =>
  text(description, 128, { pattern: '^[a-zA-Z_][a-zA-Z0-9_]*$', example: 'sequence_gaps' });

const latency = object(
  'Share of the requests that take longer than a limit. Without `limit` the limit is `ratio` times the quantile of the stable release, measured at the same time.',
  {
    quantile: share(
      `Which latency is compared: of 95% the time within which 95 of 100 requests are answered. Default ${defaults.latency.quantile}.`,
    ),
    limit: duration('Limit that does not depend on the stable release.'),
    ratio: percent(
      `Limit in percent of the stable release's quantile, at least 100%. Default ${defaults.latency.ratio}.`,
    ),
    bad: share(
      `A share of this or more over the limit is bad; what the quantile leaves is good. Default ${defaults.latency.bad}.`,
    ),
  },
);

/** `spec.checks`. */
export const checks: Schema = listBy(
  'name',
  'What the candidate is judged by: each request is a trial of a sequential test, so a verdict comes as soon as the evidence allows. Default: `errors` (errorRate) and `latency` (latency).',
  object('Exactly one member beside the name.', {
    'name!': name('What reports and metrics call the check.'),
    errorRate: object(
      "Share of the requests that fail as the caller sees it: HTTP 5xx, a gRPC status that is the server's fault, no answer.",
      shares(defaults.errorRate),
    ),
    latency,
    body: object('Share of the answers to `spec.calls` that are not as expected.', shares(defaults.body)),
    counter: object('Share of occasions with an event, such as gaps per message.', {
      'name!': series(
        "`dead_letters` of a broker's queue, or what a program of one's own counts, such as `sequence_gaps`.",
      ),
      ...shares(defaults.counter),
    }),
    gauge: object('A value that must not stay above a limit, such as `consumer_lag`.', {
      'name!': series("`consumer_lag` of a broker's queue, or what a program of one's own shows."),
      'limit!': number('The value may be this high.'),
      for: duration(`How long it may be higher. Default ${defaults.gauge.for}.`),
    }),
  }),
  20,
  1,
);
