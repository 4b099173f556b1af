import { isObject } from '../../store/json.ts';
import type { GroupKind, Stored } from '../../store/types.ts';
import { age } from './age.ts';

/** One column of a Table. `wide` ones are shown by `-o wide` only. */
export interface Column {
  readonly name: string;
  readonly wide?: true;
  readonly type?: 'integer' | 'string';
  readonly cell: (object: Stored, now: number) => unknown;
}

export type ColumnTable = Readonly<Record<GroupKind, readonly Column[]>>;

/** The value at a dotted path; undefined where there is none. List indexes are numbers: `spec.ports.0.port`. */
export function at(object: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, key) => (Array.isArray(value) ? value[Number(key)] : isObject(value) ? value[key] : undefined),
      object,
    );
}

/** A list at a path, empty where there is none. */
export const listAt = (object: unknown, path: string): readonly unknown[] => {
  const value = at(object, path);
  return Array.isArray(value) ? value : [];
};

/** A text column; `<none>` where the object has nothing. */
export const text = (name: string, path: string, missing: unknown = '<none>'): Column => ({
  name,
  cell: (object) => {
    const value = at(object, path);
    return value === undefined || value === null || value === '' ? missing : value;
  },
});

/** A number column; 0 where the object has nothing. */
export const number = (name: string, path: string): Column => ({
  name,
  type: 'integer',
  cell: (object) => at(object, path) ?? 0,
});

export const wide = (column: Column): Column => ({ ...column, wide: true });

export const nameColumn: Column = { name: 'Name', cell: (object) => object.metadata.name };

/** Time since a moment, as kubectl prints it. */
export const since = (moment: unknown, now: number): string =>
  typeof moment === 'string' ? age(now - Date.parse(moment)) : '<unknown>';

export const ageColumn: Column = { name: 'Age', cell: (object, now) => since(object.metadata.creationTimestamp, now) };
export const createdColumn: Column = { name: 'Created At', cell: (object) => object.metadata.creationTimestamp };
