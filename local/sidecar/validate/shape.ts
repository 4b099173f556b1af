import type { FieldError } from '../../store/status.ts';

/**
 * What the embedded cluster does with a field of an object: enforce it, enforce some of its values, or refuse it. A field
 * that no shape names is refused too, so that nothing is ignored silently.
 */
export type Shape =
  | { readonly is: 'enforced' }
  | { readonly is: 'refused'; readonly advice: string }
  | { readonly is: 'checked'; readonly problem: (value: unknown) => string | undefined }
  | { readonly is: 'fields'; readonly fields: Readonly<Record<string, Shape>> }
  | { readonly is: 'list'; readonly item: Shape; readonly most?: number };

export const enforced: Shape = { is: 'enforced' };
export const refused = (advice: string): Shape => ({ is: 'refused', advice });
export const fields = (of: Readonly<Record<string, Shape>>): Shape => ({ is: 'fields', fields: of });
export const list = (item: Shape, most?: number): Shape => ({ is: 'list', item, most });

/** A value that must pass a test of its own; `problem` says what is wrong and what to do. */
export const checked = (problem: (value: unknown) => string | undefined): Shape => ({ is: 'checked', problem });

/** One of some values. */
export const oneOf = (values: readonly unknown[], advice: string): Shape =>
  checked((value) => (values.includes(value) ? undefined : `only ${values.join(', ')} can be enforced: ${advice}`));

/** Anything but some values. */
export const matching = (pattern: RegExp, advice: string): Shape =>
  checked((value) => (typeof value === 'string' && pattern.test(value) ? undefined : advice));

function unsupported(field: string, value: unknown, detail: string): FieldError {
  return { field, type: 'NotSupported', value, detail };
}

/** Every problem of `value`, by the path of its field. */
export function problems(shape: Shape, value: unknown, path: string): FieldError[] {
  if (value === undefined || value === null) return [];
  switch (shape.is) {
    case 'enforced':
      return [];
    case 'refused':
      return [{ field: path, type: 'Forbidden', detail: `the embedded cluster cannot enforce it: ${shape.advice}` }];
    case 'checked': {
      const problem = shape.problem(value);
      return problem === undefined ? [] : [unsupported(path, value, problem)];
    }
    case 'list': {
      if (!Array.isArray(value)) return [{ field: path, type: 'Invalid', value, detail: 'must be a list' }];
      const { most = value.length, item } = shape;
      const many = value.length > most ? [unsupported(path, value.length, `at most ${most} can be enforced`)] : [];
      return [...many, ...value.flatMap((one, index) => problems(item, one, `${path}[${index}]`))];
    }
    case 'fields':
      if (typeof value !== 'object' || Array.isArray(value)) {
        return [{ field: path, type: 'Invalid', value, detail: 'must be an object' }];
      }
      return Object.entries(value).flatMap(([name, inner]) => {
        const known = shape.fields[name];
        if (known) return problems(known, inner, `${path}.${name}`);
        return inner === null || inner === undefined
          ? []
          : [
              {
                field: `${path}.${name}`,
                type: 'Forbidden',
                detail: 'the embedded cluster does not know this field: remove it',
              },
            ];
      });
  }
}
