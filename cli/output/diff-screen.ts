import type { Differences, FieldChange, ObjectDifference } from '../apply/difference.ts';
import type { Colors } from './color.ts';

const signs = { created: '+', configured: '~', removed: '-' } as const;
const valueWidth = 60;

/** What `parley diff` prints for people: what would be installed, then each object that would change, with its fields. */
export function diffScreen({ steps, objects }: Differences, colors: Colors): string {
  const paint = { created: colors.green, configured: colors.yellow, removed: colors.red };
  const lines = steps.map(({ title, found }) =>
    found === undefined ? colors.green(`+ ${title}`) : colors.dim(`= ${title}: ${found}`),
  );
  for (const object of objects) {
    if (object.result === 'unchanged') continue;
    lines.push(paint[object.result](`${signs[object.result]} ${nameOf(object)}`));
    lines.push(...(object.fields ?? []).map((field) => `    ${fieldLine(field)}`));
  }
  return `${[...lines, '', summary(objects)].join('\n')}\n`;
}

function nameOf({ kind, namespace, name }: ObjectDifference): string {
  return `${kind} ${namespace ? `${namespace}/` : ''}${name}`;
}

function fieldLine({ path, from, to }: FieldChange): string {
  const [before, after] = [shown(from), shown(to)];
  if (before === undefined) return `${path}: ${after}`;
  return after === undefined ? `${path}: ${before} goes` : `${path}: ${before} -> ${after}`;
}

function shown(value: FieldChange['to']): string | undefined {
  const text = value === undefined ? undefined : JSON.stringify(value);
  return text !== undefined && text.length > valueWidth ? `${text.slice(0, valueWidth - 3)}...` : text;
}

function summary(objects: readonly ObjectDifference[]): string {
  const count = (result: ObjectDifference['result']) => objects.filter((each) => each.result === result).length;
  const parts = (['created', 'configured', 'removed', 'unchanged'] as const).map((each) => `${count(each)} ${each}`);
  return `${objects.length} objects: ${parts.join(', ')}`;
}
