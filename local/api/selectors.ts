import { isObject } from '../store/json.ts';
import { badRequest } from '../store/status.ts';
import type { GroupKind, Stored } from '../store/types.ts';

export type Predicate = (object: Stored) => boolean;

const setBased = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/;
const equality = /^([^=!\s]+)\s*(==|=|!=)\s*(\S*)$/;
const presence = /^(!?)\s*([^=!\s(),]+)$/;

/** Splits at commas that are not inside parentheses. */
const requirements = (selector: string): string[] =>
  selector
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');

function labelRequirement(text: string): (labels: Readonly<Record<string, string>>) => boolean {
  const set = setBased.exec(text);
  if (set) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    return (labels) => {
      const value = labels[key];
      return operator === 'in'
        ? value !== undefined && values.includes(value)
        : !(value !== undefined && values.includes(value));
    };
  }
  const equal = equality.exec(text);
  if (equal) {
    const [, key = '', operator, value] = equal;
    return (labels) => (labels[key] === value) === (operator !== '!=');
  }
  const present = presence.exec(text);
  if (!present) throw badRequest(`unable to parse requirement: invalid label selector "${text}"`);
  const [, not, key = ''] = present;
  return (labels) => (labels[key] === undefined) === (not === '!');
}

/** `a=b,c in (d,e),!f`: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors */
export function labelSelector(selector: string): Predicate {
  const all = requirements(selector).map(labelRequirement);
  return (object) => all.every((fits) => fits(object.metadata.labels ?? {}));
}

/** Fields besides metadata.name and metadata.namespace, as the real server has them. */
const selectable: Readonly<Record<GroupKind, readonly string[]>> = {
  Pod: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ],
  Event: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  Secret: ['type'],
  Service: ['spec.clusterIP', 'spec.type'],
  Namespace: ['status.phase'],
  Node: ['spec.unschedulable'],
  'ReplicaSet.apps': ['status.replicas'],
  'Job.batch': ['status.successful'],
};

function valueAt(object: Stored, path: string): string {
  let value: unknown = object;
  for (const part of path.split('.')) value = isObject(value) ? value[part] : undefined;
  return value === undefined || value === null ? '' : String(value);
}

/** `status.phase=Running,metadata.name!=a`; 400 for a field that the kind does not offer. */
export function fieldSelector(type: GroupKind, selector: string): Predicate {
  const offered = ['metadata.name', 'metadata.namespace', ...(selectable[type] ?? [])];
  const all = requirements(selector).map((text): Predicate => {
    const [, path = '', operator, value] = equality.exec(text) ?? [];
    if (!offered.includes(path))
      throw badRequest(`field label not supported: "${path || text}"; ${type} offers ${offered.join(', ')}`);
    return (object) => (valueAt(object, path) === value) === (operator !== '!=');
  });
  return (object) => all.every((fits) => fits(object));
}

/** Both selectors of a list, watch or deletecollection request. */
export function requestSelector(type: GroupKind, query: URLSearchParams): Predicate {
  const byLabel = labelSelector(query.get('labelSelector') ?? '');
  const byField = fieldSelector(type, query.get('fieldSelector') ?? '');
  return (object) => byLabel(object) && byField(object);
}
