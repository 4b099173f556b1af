import type { FieldError } from '../../store/status.ts';

/** No problem when the value is one of `allowed` or absent. */
export const oneOf = (field: string, value: unknown, allowed: readonly string[]): FieldError[] =>
  value === undefined || allowed.includes(String(value))
    ? []
    : [{ field, type: 'NotSupported', value, detail: `supported values: ${allowed.map((v) => `"${v}"`).join(', ')}` }];

/** No problem when the value is whole and not negative, or absent. */
export const countErrors = (field: string, value: unknown): FieldError[] =>
  value === undefined || (typeof value === 'number' && Number.isInteger(value) && value >= 0)
    ? []
    : [{ field, type: 'Invalid', value, detail: 'must be greater than or equal to 0' }];
