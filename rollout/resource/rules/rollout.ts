import type { RolloutResource, RolloutSpec } from '../rollout.ts';
import { type Rule, rulesAt } from '../rule.ts';

interface Caller {
  readonly who: string;
  /** The member of the spec that asks for calls. */
  readonly member: 'checks' | 'gates' | 'noEvidence';
  readonly cel: string;
  readonly asks: (spec: RolloutSpec) => boolean;
}

const needsCalls = ({ who, member, cel, asks }: Caller): Rule<RolloutSpec> => ({
  cel: `has(self.calls) || !(${cel})`,
  message: `${who} needs calls to make: write spec.calls.requests`,
  fieldPath: '.calls',
  reads: [member, 'calls'],
  holds: (spec) => spec.calls !== undefined || !asks(spec),
});

/** Of the object and of the spec as a whole. */
export const rolloutRules = [
  rulesAt<RolloutResource>('', [
    {
      cel: 'self.metadata.name == self.spec.service',
      message: 'must be the name of this Rollout: there is one for each service, and it is named after it',
      fieldPath: '.spec.service',
      reads: ['metadata.name', 'spec.service'],
      holds: ({ metadata, spec }) => metadata.name === spec.service,
    },
  ]),
  rulesAt<string>('spec.service', [
    {
      cel: 'self == oldSelf',
      message: 'cannot be changed: delete this Rollout and create one that is named after the other service',
    },
  ]),
  rulesAt<RolloutSpec>('spec', [
    {
      cel: '!has(self.stable) || self.stable != self.candidate',
      message: 'must be another release than the candidate; leave it out to take the one that has most of the traffic',
      fieldPath: '.stable',
      reads: ['stable', 'candidate'],
      holds: ({ stable, candidate }) => stable !== candidate,
    },
    {
      cel: 'size(self.service) + size(self.candidate) < 63',
      message: 'is too long: <service>-<candidate> is the name of a Service and has at most 63 characters',
      fieldPath: '.candidate',
      reads: ['service', 'candidate'],
      holds: ({ service, candidate }) => service.length + candidate.length < 63,
    },
    needsCalls({
      who: 'a body check',
      member: 'checks',
      cel: 'has(self.checks) && self.checks.exists(check, has(check.body))',
      asks: ({ checks = [] }) => checks.some(({ body }) => body !== undefined),
    }),
    needsCalls({
      who: 'gates.smoke',
      member: 'gates',
      cel: 'has(self.gates) && has(self.gates.smoke) && self.gates.smoke',
      asks: ({ gates }) => gates?.smoke === true,
    }),
    needsCalls({
      who: 'gates.evidence',
      member: 'gates',
      cel: 'has(self.gates) && has(self.gates.evidence) && self.gates.evidence',
      asks: ({ gates }) => gates?.evidence === true,
    }),
    needsCalls({
      who: 'noEvidence.action DriveTraffic',
      member: 'noEvidence',
      cel: "has(self.noEvidence) && has(self.noEvidence.action) && self.noEvidence.action == 'DriveTraffic'",
      asks: ({ noEvidence }) => noEvidence?.action === 'DriveTraffic',
    }),
  ]),
];
