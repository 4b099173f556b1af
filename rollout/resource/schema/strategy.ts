import { defaults } from '../defaults.ts';
import { duration } from './formats.ts';
import { integer, list, listBy, object, type Schema, text } from './schema.ts';

const minDuration = duration('How long the stage lasts at least, whatever the evidence says. Default 0s.');

const headerName = text('Name, which is compared without regard to case.', 256, {
  minLength: 1,
  pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$",
  example: 'x-canary',
});
const value = text('Value, which has to be exactly this.', 1024, { minLength: 1 });
const cookieName = text('Name of the cookie.', 256, {
  minLength: 1,
  pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$",
  example: 'canary',
});

const match = object(
  'Only requests that match go to the candidate until it passed; then all of them. For whom a new release is to be tried on a few people that are known.',
  {
    'any!': list(
      'Alternatives: a request that matches one of them goes to the candidate.',
      object('All of these headers and cookies are in the request.', {
        headers: listBy(
          'name',
          'Headers with exactly these values.',
          object('A header.', { 'name!': headerName, 'value!': value }),
          16,
          1,
        ),
        cookies: listBy(
          'name',
          'Cookies with exactly these values.',
          object('A cookie.', { 'name!': cookieName, 'value!': value }),
          16,
          1,
        ),
      }),
      8,
      1,
    ),
    minDuration,
  },
);

const consumer = object(
  'For consumers of queues and streams, which take their work themselves: no weight of a route reaches them, so the number of Pods decides how much each release takes.',
  {
    'pods!': integer('How many Pods take messages, of both releases together.', 2, 1000),
    'steps!': list(
      'How many of the Pods are of the candidate, stage by stage. Numbers rise and stay below `pods`; all Pods come by themselves at the end.',
      { type: 'integer', minimum: 1, maximum: 999 },
      20,
      1,
    ),
    minDuration,
  },
);

/** `spec.strategy`. */
export const strategy: Schema = object(
  `How the traffic moves to the candidate: exactly one member. Default: canary with ${defaults.canary.weights.join(' and ')} percent.`,
  {
    canary: object('A share of all requests goes to the candidate, stage by stage.', {
      'steps!': list(
        'Stages in order. Weights rise; the last step to 100 percent comes by itself.',
        object('One stage.', {
          'weight!': integer('Share of the candidate in percent.', 1, 99),
          minDuration,
        }),
        20,
        1,
      ),
    }),
    blueGreen: object(
      'All requests go to the candidate at once when the gates are open, and back at once when it fails.',
      { minDuration },
    ),
    match,
    mirror: object(
      'Requests are sent to the candidate as well and its answers thrown away, so that callers notice nothing; when it passed it gets all of them. Not for requests that must happen once only.',
      {
        percent: integer(`Share of the requests that are sent twice. Default ${defaults.mirror.percent}.`, 1, 100),
        minDuration,
      },
    ),
    consumer,
  },
);
