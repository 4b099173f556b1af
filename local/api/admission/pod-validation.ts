import { isObject, type JsonObject } from '../../store/json.ts';
import { nameErrors } from '../../store/names.ts';
import type { FieldError } from '../../store/status.ts';
import { countErrors, oneOf } from './field-checks.ts';

const objects = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);

const required = (field: string): FieldError => ({ field, type: 'Required', detail: 'must be set' });

/** Names in a list that occur before. */
const duplicates = (items: readonly JsonObject[], key: string, path: string): FieldError[] => {
  const values = items.map((item) => item[key]);
  return values.flatMap((value, index): FieldError[] =>
    value !== undefined && values.indexOf(value) < index
      ? [{ field: `${path}[${index}].${key}`, type: 'Duplicate', value, detail: 'is there twice' }]
      : [],
  );
};

const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'];

function handlerErrors(value: unknown, path: string): FieldError[] {
  if (!isObject(value)) return [];
  const set = handlers.filter((name) => value[name] !== undefined);
  if (set.length === 1) return [];
  return [
    set.length === 0
      ? required(path)
      : { field: path, type: 'Forbidden', detail: `may not have more than one handler: ${set.join(', ')}` },
  ];
}

function probeErrors(value: unknown, path: string): FieldError[] {
  if (!isObject(value)) return [];
  const counts = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'];
  return [...handlerErrors(value, path), ...counts.flatMap((name) => countErrors(`${path}.${name}`, value[name]))];
}

const quantity = /^[+-]?(\d+\.?\d*|\.\d+)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|n|u|[eE][+-]?\d+)?$/;

const resourceErrors = (resources: unknown, path: string): FieldError[] =>
  ['limits', 'requests'].flatMap((part) => {
    const amounts = isObject(resources) ? resources[part] : undefined;
    return Object.entries(isObject(amounts) ? amounts : {}).flatMap(([name, value]): FieldError[] =>
      quantity.test(String(value))
        ? []
        : [
            {
              field: `${path}.${part}.${name}`,
              type: 'Invalid',
              value,
              detail: 'must be a quantity such as 100m or 64Mi',
            },
          ],
    );
  });

const portErrors = (container: JsonObject, path: string): FieldError[] =>
  objects(container.ports).flatMap((port, index): FieldError[] => {
    const value = port.containerPort;
    const fits = value === undefined || (Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65_535);
    const field = `${path}.ports[${index}]`;
    return [
      ...(fits
        ? []
        : [
            {
              field: `${field}.containerPort`,
              type: 'Invalid',
              value,
              detail: 'must be between 1 and 65535, inclusive',
            } as const,
          ]),
      ...oneOf(`${field}.protocol`, port.protocol, ['TCP', 'UDP', 'SCTP']),
    ];
  });

const mountErrors = (container: JsonObject, path: string, volumes: ReadonlySet<unknown>): FieldError[] =>
  objects(container.volumeMounts).flatMap((mount, index): FieldError[] =>
    mount.name === undefined || volumes.has(mount.name)
      ? []
      : [
          {
            field: `${path}.volumeMounts[${index}].name`,
            type: 'Invalid',
            value: mount.name,
            detail: 'there is no volume of this name',
          },
        ],
  );

function containerErrors(container: JsonObject, path: string, volumes: ReadonlySet<unknown>): FieldError[] {
  const lifecycle = isObject(container.lifecycle) ? container.lifecycle : {};
  const name = container.name === undefined ? [] : nameErrors('label', String(container.name), `${path}.name`);
  return [
    ...name,
    ...(container.image ? [] : [required(`${path}.image`)]),
    ...oneOf(`${path}.imagePullPolicy`, container.imagePullPolicy, ['Always', 'IfNotPresent', 'Never']),
    ...portErrors(container, path),
    ...mountErrors(container, path, volumes),
    ...resourceErrors(container.resources, `${path}.resources`),
    ...['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((probe) =>
      probeErrors(container[probe], `${path}.${probe}`),
    ),
    ...['postStart', 'preStop'].flatMap((hook) => handlerErrors(lifecycle[hook], `${path}.lifecycle.${hook}`)),
  ];
}

/** Problems of a Pod's spec at `path`, besides missing required fields; `claims` are volumes that are made for it later. */
export function podSpecErrors(spec: unknown, path: string, claims: readonly unknown[] = []): FieldError[] {
  if (!isObject(spec)) return [];
  const containers = objects(spec.containers);
  const init = objects(spec.initContainers);
  const volumes = new Set([...objects(spec.volumes).map(({ name }) => name), ...claims]);
  const each = (list: readonly JsonObject[], field: string) =>
    list.flatMap((container, index) => containerErrors(container, `${path}.${field}[${index}]`, volumes));
  return [
    ...(containers.length === 0 ? [required(`${path}.containers`)] : []),
    ...each(containers, 'containers'),
    ...each(init, 'initContainers'),
    ...duplicates(containers, 'name', `${path}.containers`),
    ...duplicates(objects(spec.volumes), 'name', `${path}.volumes`),
    ...oneOf(`${path}.restartPolicy`, spec.restartPolicy, ['Always', 'OnFailure', 'Never']),
    ...countErrors(`${path}.terminationGracePeriodSeconds`, spec.terminationGracePeriodSeconds),
  ];
}
