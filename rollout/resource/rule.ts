/** One rule of the resource: as CEL for API servers and as a function for whoever reads it, with the one message of both. */
export interface Rule<T> {
  /** https://kubernetes.io/docs/reference/using-api/cel/; absent: CEL cannot say it, so the controller refuses. */
  readonly cel?: string;
  /** What the author of the resource is to write. */
  readonly message: string;
  /** Below the value that the rule is about: `.candidate`. */
  readonly fieldPath?: string;
  /** Members that `holds` looks at: it is asked when these have the right form. Absent: all of the value. */
  readonly reads?: readonly string[];
  /** Absent: a rule about a change, which nobody can judge who sees one object. */
  readonly holds?: (self: T) => boolean;
}

/** Rules of every value at a path of the schema: `spec.checks[].errorRate`; the empty path is the object. */
export interface RulesAt {
  readonly path: string;
  readonly rules: readonly Rule<never>[];
}

/** Says of which type the values at a path are, so that the rules are checked against it. */
export const rulesAt = <T>(path: string, rules: readonly Rule<T>[]): RulesAt => ({
  path,
  rules: rules as readonly Rule<never>[],
});
