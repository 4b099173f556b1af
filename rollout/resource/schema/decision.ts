import { defaults } from '../defaults.ts';
import { duration, share } from './formats.ts';
import { boolean, integer, object, oneOf, type Schema } from './schema.ts';

const { decision: of, gates: gate, noEvidence: none } = defaults;

/** `spec.decision`. */
export const decision: Schema = object('How sure a verdict has to be, and what a stage may cost.', {
  falseAlarm: share(`Probability that a good candidate is refused. Default ${of.falseAlarm}.`),
  missed: share(`Probability that a bad candidate passes. Default ${of.missed}.`),
  falseBlame: share(
    `Probability that a failure of something both releases depend on is held against the candidate. Default ${of.falseBlame}.`,
  ),
  minRequests: integer(
    `Requests of the candidate that each stage has to see at least. Default ${of.minRequests}: the test decides.`,
    0,
    1_000_000_000,
  ),
  maxDuration: duration(
    `A stage that is undecided for so long ends as \`onInconclusive\` says. Default ${of.maxDuration}.`,
  ),
  maxRequests: integer(
    'A stage that is undecided after so many requests of the candidate ends as `onInconclusive` says. Default: no limit.',
    1,
    1_000_000_000,
  ),
  onInconclusive: oneOf(`What happens to a stage that ends undecided. Default ${of.onInconclusive}.`, [
    'Rollback',
    'Pause',
  ]),
});

/** `spec.gates`. */
export const gates: Schema = object('What has to be so before the candidate gets its first request.', {
  contract: boolean('Refuses a candidate that lacks a contract version that the stable release serves. Default true.'),
  readinessTimeout: duration(
    `How long the Pods of the candidate have to become ready. Default ${gate.readinessTimeout}.`,
  ),
  smoke: boolean(
    'Makes every call of `spec.calls` once and wants all answers as expected. Default: true when there are calls.',
  ),
  evidence: boolean(
    'Asks the source of evidence after the smoke calls whether it saw them, and names the series or label that is missing. Default: as `smoke`.',
  ),
});

/** `spec.noEvidence`. */
export const noEvidence: Schema = object('What to do when no request of the candidate is seen.', {
  after: duration(`How long nothing is seen before something is done. Default ${none.after}.`),
  action: oneOf(
    `Wait goes on waiting, up to decision.maxDuration. DriveTraffic makes the calls of spec.calls. Stop rolls back. Default ${none.action}.`,
    ['Wait', 'DriveTraffic', 'Stop'],
  ),
});
