import { isObject } from '../../store/json.ts';
import type { Resource } from '../resource.ts';
import type { ApiContext } from '../types.ts';
import { ageColumn, at, type Column, type ColumnTable, listAt, nameColumn, since } from './column.ts';
import { coreColumns } from './core-columns.ts';
import { meshColumns } from './mesh-columns.ts';
import { podColumns } from './pod-columns.ts';
import { workloadColumns } from './workload-columns.ts';

const known: ColumnTable = { ...coreColumns(), ...podColumns(), ...workloadColumns(), ...meshColumns() };

interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly jsonPath: string;
  readonly priority?: number;
}

/** `.status.conditions[?(@.type=="Ready")].status`, `.spec.a['b.c']` and plain paths; undefined where nothing is found. */
export function simpleJsonPath(object: unknown, path: string): unknown {
  const parts = path.match(/\[\?\(@\.\w+\s*==\s*["'][^"']*["']\)\]|\['[^']+'\]|\[\d+\]|[^.[\]]+/g) ?? [];
  return parts.reduce<unknown>((value, part) => {
    const filter = /^\[\?\(@\.(\w+)\s*==\s*["']([^"']*)["']\)\]$/.exec(part);
    if (filter && Array.isArray(value))
      return value.find((item) => isObject(item) && item[filter[1] ?? ''] === filter[2]);
    const key = part.replace(/^\['?|'?\]$/g, '');
    return Array.isArray(value) ? value[Number(key)] : isObject(value) ? value[key] : undefined;
  }, object);
}

const printerColumn = ({ name, type, jsonPath, priority = 0 }: PrinterColumn): Column => ({
  name,
  ...(priority > 0 ? { wide: true } : {}),
  ...(type === 'integer' ? { type } : {}),
  cell: (object, now) => {
    const value = simpleJsonPath(object, jsonPath.replaceAll('\\.', '.'));
    if (type === 'date') return since(value, now);
    return isObject(value) || Array.isArray(value) ? JSON.stringify(value) : (value ?? '');
  },
});

/** additionalPrinterColumns of a custom kind. */
function customColumns(context: ApiContext, { kind, apiVersion }: Resource): readonly Column[] | undefined {
  const definition = context.store.get('CustomResourceDefinition.apiextensions.k8s.io', `${kind.plural}.${kind.group}`);
  const version = apiVersion.slice(kind.group.length + 1);
  const found = listAt(definition, 'spec.versions').find((item) => at(item, 'name') === version);
  const columns = listAt(found, 'additionalPrinterColumns') as readonly PrinterColumn[];
  return columns.length > 0 ? [nameColumn, ...columns.map(printerColumn)] : undefined;
}

/** The columns that `kubectl get` shows for a kind. */
export const columnsOf = (context: ApiContext, resource: Resource): readonly Column[] =>
  known[resource.type] ?? ((resource.kind.custom && customColumns(context, resource)) || [nameColumn, ageColumn]);
