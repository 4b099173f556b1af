import { boolean, integer, list, listBy, number, object, oneOf, type Schema, text } from './schema.ts';

const verdictName = (description: string) => oneOf(description, ['pass', 'fail', 'inconclusive']);
/** As long as it is: a status that is refused for its length would hold up the rollout. */
const sentence = (description: string): Schema => ({ type: 'string', description });
const moment = (description: string): Schema => ({ type: 'string', description, format: 'date-time' });

const check = object('What a check says so far, and the numbers behind it.', {
  'name!': text('Of the check.', 63),
  'kind!': oneOf('Kind of the check.', ['errorRate', 'latency', 'counter', 'gauge']),
  'verdict!': verdictName('What it says so far.'),
  'reason!': sentence('Why, in one sentence.'),
  value: number(
    'Measured on the candidate: a share, milliseconds of the quantile, or the gauge. Absent: nothing was seen.',
  ),
  limit: number('What it is held against, in the same unit.'),
  'samples!': number('Requests or occasions of the candidate.'),
  stableValue: number('Measured on the stable release.'),
  'stableSamples!': number('Requests or occasions of the stable release.'),
  ratio: object('Likelihood ratio of the sequential test, as a logarithm.', {
    'log!': number('Bad : good so far.'),
    'failAt!': number('At this or more the candidate fails.'),
    'passAt!': number('At this or less the candidate passes.'),
  }),
  neededToPass: number(
    'How many more good samples of the candidate would be enough. Absent: decided, or it cannot be said.',
  ),
  excused: boolean('The stable release fails as well: nothing is held against the candidate meanwhile.'),
  decidedAtMs: number('When the evidence sufficed, in milliseconds since 1970.'),
});

const example = object('A failing request that can be looked up.', {
  'release!': text('Which release answered.', 63),
  traceId: text('Trace of W3C trace context.', 32),
  'what!': sentence('What happened.'),
  'atMs!': number('When, in milliseconds since 1970.'),
});

const checks = list('What each check says.', check, 20);
const examples = list('Failing requests.', example, 20);

const condition = object('https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.36/#condition-v1-meta', {
  'type!': text('Progressing, Healthy or Completed.', 316),
  'status!': oneOf('Whether it holds.', ['True', 'False', 'Unknown']),
  'reason!': text('Why, in one word.', 1024),
  'message!': sentence('Why, in one sentence.'),
  'lastTransitionTime!': moment('When the status last changed.'),
  observedGeneration: integer('Generation of the spec that it is about.', 0),
});

const attempt = object('An attempt that ended.', {
  'attempt!': integer('Its number.', 1),
  'candidate!': text('Which release was tried.', 63),
  'stable!': text('Which release it was compared with.', 63),
  'outcome!': oneOf('How it ended.', ['Promoted', 'RolledBack', 'Aborted', 'Superseded', 'Refused']),
  'reason!': sentence('Why, in one sentence.'),
  'beganAt!': moment('When it began.'),
  'endedAt!': moment('When the traffic was where it stayed.'),
  'checks!': checks,
  'examples!': examples,
});

const phases = [
  'Idle',
  'Gating',
  'Shifting',
  'Analysing',
  'Paused',
  'Reverting',
  'Promoted',
  'RolledBack',
  'Aborted',
  'Superseded',
  'Refused',
];

/** `status`: what is so. */
export const status: Schema = object('What is so, written by the controller.', {
  observedGeneration: integer('Generation of the spec that the controller went by.', 0),
  attempt: integer('Number of the attempt that runs or ran last.', 0),
  phase: oneOf('Where the rollout is.', phases),
  stable: text('The release that serves, and serves again if the candidate fails.', 63),
  candidate: text('The release that is tried.', 63),
  weight: number('Share of the candidate in percent, as it is wanted now.'),
  verdict: verdictName('What all checks say together.'),
  stage: sentence('Number and title of the stage.'),
  message: sentence('What it is doing, or why it ended.'),
  checks,
  examples,
  conditions: listBy(
    'type',
    'Progressing: an attempt is under way. Healthy: the checks pass. Completed: the last attempt has ended, and its reason says how.',
    condition,
    16,
  ),
  history: list('Attempts that ended, the newest first.', attempt, 10),
  state: {
    type: 'object',
    description: 'Where the engine is, for the controller that goes on from here. Nothing for people to write.',
    'x-kubernetes-preserve-unknown-fields': true,
  },
});
