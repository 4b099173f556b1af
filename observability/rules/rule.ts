/** A recording rule (https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/). */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

const severities = ['critical', 'warning'] as const;

/** An alert. Somebody who is woken by it reads `annotations` in this order. */
export interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  /** Prometheus duration that the condition has to hold. */
  readonly for: string;
  readonly labels: { readonly severity: (typeof severities)[number] };
  readonly annotations: {
    readonly summary: string;
    readonly description: string;
    /** What to type next. */
    readonly next: string;
  };
}

export type Rule = RecordingRule | AlertingRule;

/** Rules of a group run one after the other and see what those before them recorded. */
export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly Rule[];
}

export function isAlert(rule: Rule): rule is AlertingRule {
  return 'alert' in rule;
}
