import type { Stored } from '../../store/types.ts';
import type { Resource } from '../resource.ts';
import type { ApiContext, Call } from '../types.ts';
import type { Column } from './column.ts';
import { columnsOf } from './columns.ts';

/** True when kubectl asks for a server-side Table: `Accept: application/json;as=Table;v=v1;g=meta.k8s.io`. */
export const wantsTable = (call: Call): boolean => /as=Table/.test(call.accept.split(',')[0] ?? '');

const definition = ({ name, wide, type }: Column) => ({
  name,
  type: type ?? 'string',
  format: name === 'Name' ? 'name' : '',
  description: '',
  priority: wide ? 1 : 0,
});

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables */
export function tableOf(
  context: ApiContext,
  resource: Resource,
  objects: readonly Stored[],
  metadata: Readonly<Record<string, unknown>>,
  call: Call,
) {
  const columns = columnsOf(context, resource);
  const include = call.query.get('includeObject') ?? 'Metadata';
  const now = context.clock.now();
  const rows = objects.map((object) => ({
    cells: columns.map(({ cell }) => cell(object, now)),
    ...(include === 'None' ? {} : { object: include === 'Object' ? object : metadataOnly(object) }),
  }));
  return { kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata, columnDefinitions: columns.map(definition), rows };
}

const metadataOnly = ({ metadata }: Stored) => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata,
});
