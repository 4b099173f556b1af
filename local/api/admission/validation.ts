import type { LabelSelector } from 'kubernetes-types/meta/v1.js';
import { selects } from '../../objects/selector.ts';
import { isObject, type JsonObject } from '../../store/json.ts';
import { nameErrors } from '../../store/names.ts';
import type { FieldError } from '../../store/status.ts';
import type { GroupKind, Stored } from '../../store/types.ts';
import { countErrors, oneOf } from './field-checks.ts';
import { podSpecErrors } from './pod-validation.ts';

const specOf = (object: Stored): JsonObject => (isObject(object.spec) ? object.spec : {});
const objectAt = (value: unknown): JsonObject => (isObject(value) ? value : {});

function selectorErrors(spec: JsonObject): FieldError[] {
  const { selector, template } = spec;
  if (!isObject(selector) || !isObject(template)) return [];
  const { matchLabels, matchExpressions } = selector;
  if (Object.keys(objectAt(matchLabels)).length === 0 && !Array.isArray(matchExpressions))
    return [{ field: 'spec.selector', type: 'Invalid', value: selector, detail: 'empty selector is invalid' }];
  const labels = objectAt(template.metadata).labels;
  if (selects(selector as LabelSelector, objectAt(labels) as Record<string, string>)) return [];
  return [
    {
      field: 'spec.template.metadata.labels',
      type: 'Invalid',
      value: labels ?? {},
      detail: '`selector` does not match template `labels`',
    },
  ];
}

/** Volumes that a StatefulSet makes for each of its Pods. */
const claimNames = ({ volumeClaimTemplates: claims }: JsonObject): unknown[] =>
  Array.isArray(claims) ? claims.map((claim) => objectAt(objectAt(claim).metadata).name) : [];

function template(object: Stored, restartPolicies: readonly string[]): FieldError[] {
  const spec = specOf(object);
  const pod = objectAt(spec.template).spec;
  const path = 'spec.template.spec';
  return [
    ...selectorErrors(spec),
    ...podSpecErrors(pod, path, claimNames(spec)),
    ...oneOf(`${path}.restartPolicy`, objectAt(pod).restartPolicy, restartPolicies),
  ];
}

const isNothing = (amount: unknown): boolean => amount === 0 || amount === '0' || amount === '0%';
const amountErrors = (field: string, amount: unknown): FieldError[] =>
  amount === undefined || (Number.isInteger(amount) && Number(amount) >= 0) || /^\d+%$/.test(String(amount))
    ? []
    : [{ field, type: 'Invalid', value: amount, detail: 'must be a whole number or a percentage such as 25%' }];

function deployment(object: Stored): FieldError[] {
  const spec = specOf(object);
  const strategy = objectAt(spec.strategy);
  const { maxSurge, maxUnavailable } = objectAt(strategy.rollingUpdate);
  const path = 'spec.strategy.rollingUpdate';
  const stuck: FieldError = {
    field: `${path}.maxUnavailable`,
    type: 'Invalid',
    value: maxUnavailable,
    detail: 'may not be 0 when `maxSurge` is 0',
  };
  return [
    ...countErrors('spec.replicas', spec.replicas),
    ...countErrors('spec.minReadySeconds', spec.minReadySeconds),
    ...oneOf('spec.strategy.type', strategy.type, ['Recreate', 'RollingUpdate']),
    ...amountErrors(`${path}.maxSurge`, maxSurge),
    ...amountErrors(`${path}.maxUnavailable`, maxUnavailable),
    ...(isNothing(maxSurge) && isNothing(maxUnavailable) ? [stuck] : []),
    ...template(object, ['Always']),
  ];
}

const replicated = (object: Stored): FieldError[] => [
  ...countErrors('spec.replicas', specOf(object).replicas),
  ...template(object, ['Always']),
];

const job = (object: Stored): FieldError[] => [
  ...['completions', 'parallelism', 'backoffLimit', 'activeDeadlineSeconds'].flatMap((field) =>
    countErrors(`spec.${field}`, specOf(object)[field]),
  ),
  ...template(object, ['OnFailure', 'Never']),
];

function portErrors(path: string, port: JsonObject, several: boolean): FieldError[] {
  const inRange = (value: unknown) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65_535;
  const detail = 'must be between 1 and 65535, inclusive';
  const { targetPort, name } = port;
  return [
    ...(port.port === undefined || inRange(port.port)
      ? []
      : [{ field: `${path}.port`, type: 'Invalid', value: port.port, detail } as const]),
    ...(typeof targetPort !== 'number' || inRange(targetPort)
      ? []
      : [{ field: `${path}.targetPort`, type: 'Invalid', value: targetPort, detail } as const]),
    ...oneOf(`${path}.protocol`, port.protocol, ['TCP', 'UDP', 'SCTP']),
    ...(several && !name
      ? [{ field: `${path}.name`, type: 'Required', detail: 'must be set when there are several ports' } as const]
      : []),
    ...(typeof name === 'string' && name !== '' ? nameErrors('label', name, `${path}.name`) : []),
  ];
}

function service(object: Stored): FieldError[] {
  const spec = specOf(object);
  const ports = Array.isArray(spec.ports) ? spec.ports.filter(isObject) : [];
  const needsPorts = spec.type !== 'ExternalName' && spec.clusterIP !== 'None' && ports.length === 0;
  const names = ports.map(({ name }) => name);
  return [
    ...oneOf('spec.type', spec.type, ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName']),
    ...(needsPorts ? [{ field: 'spec.ports', type: 'Required', detail: 'must be set' } as const] : []),
    ...ports.flatMap((port, index) => portErrors(`spec.ports[${index}]`, port, ports.length > 1)),
    ...names.flatMap((name, index): FieldError[] =>
      name !== undefined && names.indexOf(name) < index
        ? [{ field: `spec.ports[${index}].name`, type: 'Duplicate', value: name, detail: 'is there twice' }]
        : [],
    ),
  ];
}

function dataErrors(object: Stored): FieldError[] {
  return ['data', 'binaryData'].flatMap((field) =>
    Object.keys(objectAt(object[field])).flatMap((key): FieldError[] =>
      /^[-._a-zA-Z0-9]{1,253}$/.test(key) && key !== '.' && key !== '..'
        ? []
        : [
            {
              field: `${field}[${key}]`,
              type: 'Invalid',
              value: key,
              detail: "a valid key must consist of alphanumeric characters, '-', '_' or '.'",
            },
          ],
    ),
  );
}

function secret(object: Stored): FieldError[] {
  const bad = Object.entries(objectAt(object.data)).filter(
    ([, value]) => !/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(String(value)),
  );
  const detail = 'must be base64; use stringData for plain text';
  return [
    ...dataErrors(object),
    ...bad.map(([key]): FieldError => ({ field: `data[${key}]`, type: 'Invalid', detail })),
  ];
}

function definition(object: Stored): FieldError[] {
  const { names, group, versions } = specOf(object);
  const wanted = `${objectAt(names).plural}.${group}`;
  const storage = Array.isArray(versions) ? versions.filter((version) => objectAt(version).storage === true) : [];
  return [
    ...(object.metadata.name === wanted
      ? []
      : [
          {
            field: 'metadata.name',
            type: 'Invalid',
            value: object.metadata.name,
            detail: `must be spec.names.plural+"."+spec.group: ${wanted}`,
          } as const,
        ]),
    ...(storage.length === 1
      ? []
      : [
          {
            field: 'spec.versions',
            type: 'Invalid',
            value: storage.length,
            detail: 'must have exactly one version marked as storage version',
          } as const,
        ]),
  ];
}

const table: Readonly<Record<GroupKind, (object: Stored) => FieldError[]>> = {
  Pod: (object) => podSpecErrors(object.spec, 'spec'),
  Service: service,
  ConfigMap: dataErrors,
  Secret: secret,
  'Deployment.apps': deployment,
  'ReplicaSet.apps': replicated,
  'StatefulSet.apps': replicated,
  'Job.batch': job,
  'CustomResourceDefinition.apiextensions.k8s.io': definition,
};

/** Problems of an object of a built-in kind, besides missing fields; none for kinds that are not in the table. */
export const objectErrors = (type: GroupKind, object: Stored): FieldError[] => table[type]?.(object) ?? [];
