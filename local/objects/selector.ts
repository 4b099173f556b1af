import type { LabelSelector } from 'kubernetes-types/meta/v1.js';

type Labels = Readonly<Record<string, string>>;

/**
 * Whether labels fulfil a selector. An empty selector selects everything, a missing one nothing
 * (https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/). Throws on an unknown operator.
 */
export function selects(selector: LabelSelector | undefined, labels: Labels | undefined = {}): boolean {
  if (selector === undefined) return false;
  if (!selectsLabels(selector.matchLabels ?? {}, labels)) return false;
  return (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    const value = labels[key];
    switch (operator) {
      case 'In':
        return value !== undefined && values.includes(value);
      case 'NotIn':
        return value === undefined || !values.includes(value);
      case 'Exists':
        return value !== undefined;
      case 'DoesNotExist':
        return value === undefined;
      default:
        throw new Error(`matchExpressions[${key}].operator: "${operator}" is none of In, NotIn, Exists, DoesNotExist`);
    }
  });
}

/** Equality selector, as Services have it. */
export function selectsLabels(wanted: Labels, labels: Labels | undefined = {}): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}
