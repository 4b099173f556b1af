import { equalJson, isObject, type JsonObject } from '../../store/json.ts';
import type { FieldError } from '../../store/status.ts';
import type { GroupKind, Stored } from '../../store/types.ts';

const immutable = (field: string, value: unknown): FieldError => ({
  field,
  type: 'Invalid',
  value,
  detail: 'field is immutable',
});

const specOf = (object: Stored): JsonObject => (isObject(object.spec) ? object.spec : {});

const fixed =
  (...fields: readonly string[]) =>
  (old: Stored, next: Stored): FieldError[] =>
    fields
      .filter((field) => specOf(old)[field] !== undefined && !equalJson(specOf(old)[field], specOf(next)[field]))
      .map((field) => immutable(`spec.${field}`, specOf(next)[field]));

/** Everything of a spec is fixed but the named fields. */
const onlyChanges =
  (...allowed: readonly string[]) =>
  (old: Stored, next: Stored): FieldError[] => {
    const [before, after] = [specOf(old), specOf(next)];
    const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])]
      .filter((field) => !equalJson(before[field], after[field]))
      .filter((field) => !allowed.includes(field));
    if (changed.length === 0) return [];
    const detail = `updates to fields other than ${allowed.map((name) => `'${name}'`).join(', ')} are forbidden; changed: ${changed.join(', ')}`;
    return [{ field: 'spec', type: 'Forbidden', detail }];
  };

const withoutImages = (list: unknown): unknown =>
  Array.isArray(list)
    ? list.map((item) => (isObject(item) ? { ...item, image: '', imagePullPolicy: '', resources: {} } : item))
    : list;

/** Of a Pod only images and a few times can change, and what is not set yet when it is bound to the node. */
function podChanges(old: Stored, next: Stored): FieldError[] {
  const fixedPart = (object: Stored) => {
    const { activeDeadlineSeconds: _a, terminationGracePeriodSeconds: _b, tolerations: _c, ...rest } = specOf(object);
    return { ...rest, containers: withoutImages(rest.containers), initContainers: withoutImages(rest.initContainers) };
  };
  const before: JsonObject = fixedPart(old);
  const after: JsonObject = fixedPart(next);
  if (before.nodeName === undefined || before.nodeName === '') before.nodeName = after.nodeName;
  if (equalJson(before, after)) return [];
  const changed = Object.keys({ ...before, ...after }).filter((key) => !equalJson(before[key], after[key]));
  const detail = `pod updates may not change fields other than containers[*].image, activeDeadlineSeconds, terminationGracePeriodSeconds and tolerations; changed: ${changed.join(', ')}`;
  return [{ field: 'spec', type: 'Forbidden', detail }];
}

/** A ConfigMap or Secret with `immutable: true` keeps its data. */
function frozenData(old: Stored, next: Stored): FieldError[] {
  if (old.immutable !== true) return [];
  return ['data', 'binaryData', 'immutable']
    .filter((field) => !equalJson(old[field], next[field]))
    .map((field) => ({ field, type: 'Forbidden', detail: 'field is immutable when `immutable` is set' }));
}

const secretChanges = (old: Stored, next: Stored): FieldError[] =>
  old.type === next.type ? frozenData(old, next) : [immutable('type', next.type), ...frozenData(old, next)];

function serviceChanges(old: Stored, next: Stored): FieldError[] {
  const external = [old, next].some((object) => specOf(object).type === 'ExternalName');
  return external || !specOf(old).clusterIP ? [] : fixed('clusterIP')(old, next);
}

const table: Readonly<Record<GroupKind, (old: Stored, next: Stored) => FieldError[]>> = {
  Pod: podChanges,
  ConfigMap: frozenData,
  Secret: secretChanges,
  Service: serviceChanges,
  'Deployment.apps': fixed('selector'),
  'ReplicaSet.apps': fixed('selector'),
  'StatefulSet.apps': onlyChanges(
    'replicas',
    'ordinals',
    'template',
    'updateStrategy',
    'revisionHistoryLimit',
    'persistentVolumeClaimRetentionPolicy',
    'minReadySeconds',
  ),
  'Job.batch': fixed('selector', 'template', 'completions', 'completionMode'),
  'CustomResourceDefinition.apiextensions.k8s.io': fixed('group', 'scope'),
};

/** Problems of a change: fields that cannot change once they are set. */
export const changeErrors = (type: GroupKind, old: Stored, next: Stored): FieldError[] =>
  table[type]?.(old, next) ?? [];
