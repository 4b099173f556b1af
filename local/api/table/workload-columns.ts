import type { Stored } from '../../store/types.ts';
import { selectorText } from '../subresources/scale.ts';
import { age } from './age.ts';
import { ageColumn, at, type Column, type ColumnTable, listAt, nameColumn, number, wide } from './column.ts';

const containers = (field: 'name' | 'image', name: string): Column => ({
  name,
  wide: true,
  cell: (object) =>
    listAt(object, 'spec.template.spec.containers')
      .map((container) => at(container, field))
      .join(','),
});
const selector: Column = {
  name: 'Selector',
  wide: true,
  cell: (object) => selectorText(at(object, 'spec.selector')) || '<none>',
};
const template = [containers('name', 'Containers'), containers('image', 'Images'), selector];

const ready = (replicas: string): Column => ({
  name: 'Ready',
  cell: (object) => `${at(object, 'status.readyReplicas') ?? 0}/${at(object, replicas) ?? 0}`,
});

const condition = (object: Stored, type: string): boolean =>
  listAt(object, 'status.conditions').some((item) => at(item, 'type') === type && at(item, 'status') === 'True');

function jobStatus(object: Stored): string {
  for (const type of ['Complete', 'Failed', 'Suspended', 'FailureTarget', 'SuccessCriteriaMet'])
    if (condition(object, type)) return type;
  return object.metadata.deletionTimestamp === undefined ? 'Running' : 'Terminating';
}

function duration(object: Stored, now: number): string {
  const start = at(object, 'status.startTime');
  if (typeof start !== 'string') return '';
  const end = at(object, 'status.completionTime');
  return age((typeof end === 'string' ? Date.parse(end) : now) - Date.parse(start));
}

export const workloadColumns = (): ColumnTable => ({
  'Deployment.apps': [
    nameColumn,
    ready('spec.replicas'),
    number('Up-to-date', 'status.updatedReplicas'),
    number('Available', 'status.availableReplicas'),
    ageColumn,
    ...template,
  ],
  'ReplicaSet.apps': [
    nameColumn,
    number('Desired', 'spec.replicas'),
    number('Current', 'status.replicas'),
    number('Ready', 'status.readyReplicas'),
    ageColumn,
    ...template,
  ],
  'StatefulSet.apps': [nameColumn, ready('spec.replicas'), ageColumn, ...template.slice(0, 2)],
  'ControllerRevision.apps': [
    nameColumn,
    {
      name: 'Controller',
      cell: ({ metadata }) => {
        const owner = metadata.ownerReferences?.find(({ controller }) => controller);
        return owner ? `${owner.kind.toLowerCase()}.apps/${owner.name}` : '<none>';
      },
    },
    number('Revision', 'revision'),
    ageColumn,
  ],
  'Job.batch': [
    nameColumn,
    { name: 'Status', cell: jobStatus },
    {
      name: 'Completions',
      cell: (object) => `${at(object, 'status.succeeded') ?? 0}/${at(object, 'spec.completions') ?? 1}`,
    },
    { name: 'Duration', cell: duration },
    ageColumn,
    ...template.map(wide),
  ],
});
