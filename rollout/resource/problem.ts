/** One thing that is wrong with a Rollout. */
export interface Problem {
  /** `spec.strategy.canary.steps[1].weight`. */
  readonly field: string;
  /** What is wrong, and what to write. */
  readonly message: string;
}

/** A Rollout that cannot be carried out as it is written, with everything that is wrong with it. */
export class RolloutInvalid extends Error {
  readonly code = 'RolloutInvalid';
  readonly hint: string;
  readonly problems: readonly Problem[];

  constructor(object: { readonly name: string; readonly namespace: string }, problems: readonly Problem[]) {
    const lines = problems.map(({ field, message }) => `${field}: ${message}`);
    super(`Rollout ${object.name} in namespace ${object.namespace} cannot be carried out: ${lines.join('; ')}`);
    this.name = 'RolloutInvalid';
    this.problems = problems;
    this.hint = `Correct it with \`kubectl edit rollouts.parley.dev ${object.name} -n ${object.namespace}\`; \`kubectl explain rollouts.spec --api-version=parley.dev/v1alpha1 --recursive\` lists the fields.`;
  }
}

/** `['spec', 'checks', 0, 'name']` is `spec.checks[0].name`. */
export const fieldPath = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`),
    '',
  );
