import type { Kind } from './kinds.ts';
import type { FieldError } from './status.ts';

const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const label1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

interface NameRule {
  readonly limit: number;
  readonly allows: (name: string) => boolean;
  readonly detail: string;
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
const rules: Readonly<Record<Kind['names'], NameRule>> = {
  subdomain: {
    limit: 253,
    allows: (name) => subdomain.test(name),
    detail:
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  },
  label: {
    limit: 63,
    allows: (name) => label.test(name),
    detail:
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  },
  'label-1035': {
    limit: 63,
    allows: (name) => label1035.test(name),
    detail:
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  },
  'path-segment': {
    limit: 253,
    allows: (name) => name !== '.' && name !== '..' && !/[/%]/.test(name),
    detail: "may not be '.' or '..' and may not contain '/' or '%'",
  },
};

/** Problems of a name by the rule of its kind; empty when it is fine. */
export function nameErrors(rule: Kind['names'], name: string, field = 'metadata.name'): FieldError[] {
  const { limit, allows, detail } = rules[rule];
  if (name.length > limit)
    return [{ field, type: 'Invalid', value: name, detail: `must be no more than ${limit} characters` }];
  return allows(name) ? [] : [{ field, type: 'Invalid', value: name, detail }];
}

const qualified = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const labelValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

/** Problems of labels: keys are qualified names, values have at most 63 characters. */
export function labelErrors(labels: unknown, field = 'metadata.labels'): FieldError[] {
  if (labels === undefined || labels === null) return [];
  return Object.entries(labels).flatMap(([key, value]): FieldError[] => {
    if (!qualified.test(key)) return [{ field, type: 'Invalid', value: key, detail: 'is no qualified label name' }];
    if (typeof value === 'string' && labelValue.test(value)) return [];
    return [
      {
        field,
        type: 'Invalid',
        value,
        detail: `the value of ${key} must be at most 63 alphanumeric characters, '-', '_' or '.'`,
      },
    ];
  });
}

/** Problems of annotations: keys are qualified names, values are strings. */
export function annotationErrors(annotations: unknown, field = 'metadata.annotations'): FieldError[] {
  if (annotations === undefined || annotations === null) return [];
  return Object.entries(annotations).flatMap(([key, value]): FieldError[] => {
    if (!qualified.test(key.toLowerCase()))
      return [{ field, type: 'Invalid', value: key, detail: 'is no qualified name' }];
    return typeof value === 'string'
      ? []
      : [{ field, type: 'Invalid', value, detail: `the value of ${key} must be a string` }];
  });
}
