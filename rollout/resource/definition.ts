import { rolloutGroup, rolloutKind, rolloutVersion } from './rollout.ts';
import { rolloutRuleTable } from './rules.ts';
import { withRules } from './schema/rules.ts';
import { object, type Schema } from './schema/schema.ts';
import { spec } from './schema/spec.ts';
import { status } from './schema/status.ts';

/** Schema of a whole Rollout; `metadata` is checked by every API server itself. */
export const rolloutSchema: Schema = withRules(
  object(
    'Moves the traffic of a service from one release to another, judges every request of the new one, and takes it back as soon as the evidence says so.',
    {
      apiVersion: { type: 'string', description: 'Version of the schema that the object is written in.' },
      kind: { type: 'string', description: 'What the object is: a Rollout.' },
      metadata: { type: 'object' },
      'spec!': spec,
      status,
    },
  ),
  rolloutRuleTable,
);

const column = (name: string, jsonPath: string, description: string, more: object = {}) => ({
  name,
  type: 'string',
  jsonPath,
  description,
  ...more,
});

const columns = [
  column('Stable', '.status.stable', 'Release that serves, and serves again if the candidate fails'),
  column('Candidate', '.spec.candidate', 'Release that is to take over'),
  column('Phase', '.status.phase', 'Where the rollout is'),
  column('Weight', '.status.weight', 'Share of the candidate in percent', { type: 'integer' }),
  column('Verdict', '.status.verdict', 'What all checks say together'),
  column('Age', '.metadata.creationTimestamp', 'Since when the Rollout is there', { type: 'date' }),
  column('Stage', '.status.stage', 'Number and title of the stage', { priority: 1 }),
  column('Message', '.status.message', 'What it is doing, or why it ended', { priority: 1 }),
];

const plural = 'rollouts';

/** The CustomResourceDefinition `rollouts.parley.dev`. `kubectl get ro` where no other `rollouts` has that short name. */
export function rolloutDefinition() {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${rolloutGroup}`,
      labels: { 'app.kubernetes.io/part-of': 'parley', 'app.kubernetes.io/managed-by': 'parley' },
    },
    spec: {
      group: rolloutGroup,
      scope: 'Namespaced',
      names: {
        kind: rolloutKind.kind,
        listKind: `${rolloutKind.kind}List`,
        plural,
        singular: 'rollout',
        shortNames: ['ro'],
        categories: ['parley'],
      },
      versions: [
        {
          name: rolloutVersion,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: rolloutSchema },
          subresources: { status: {} },
          additionalPrinterColumns: columns,
        },
      ],
    },
  } as const;
}
