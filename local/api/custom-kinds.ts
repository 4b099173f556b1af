import { cloneJson, type JsonObject } from '../store/json.ts';
import { groupKind, type Kind, type Kinds } from '../store/kinds.ts';
import { timestamp } from '../store/object-meta.ts';
import type { ObjectStore, Stored } from '../store/types.ts';

export const definitionType = 'CustomResourceDefinition.apiextensions.k8s.io';

interface Names {
  readonly plural: string;
  readonly singular?: string;
  readonly kind: string;
  readonly listKind?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

interface Version {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly schema?: { readonly openAPIV3Schema?: JsonObject };
  readonly subresources?: {
    readonly status?: object;
    readonly scale?: {
      readonly specReplicasPath: string;
      readonly statusReplicasPath: string;
      readonly labelSelectorPath?: string;
    };
  };
}

/** https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.36/#customresourcedefinition-v1-apiextensions-k8s-io */
export interface Definition {
  readonly spec: {
    readonly group: string;
    readonly scope: 'Namespaced' | 'Cluster';
    readonly names: Names;
    readonly versions: readonly Version[];
  };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
}

/** The kind that a definition describes, the storage version first; undefined when it serves no version. */
export function kindOf({ spec }: Definition): Kind | undefined {
  const served = spec.versions.filter((version) => version.served);
  const [first, ...others] = [...served].sort((a, b) => Number(b.storage) - Number(a.storage));
  if (!first) return undefined;
  const { names } = spec;
  const { scale } = first.subresources ?? {};
  const paths = scale && {
    specReplicas: scale.specReplicasPath,
    statusReplicas: scale.statusReplicasPath,
    ...(scale.labelSelectorPath ? { labelSelector: scale.labelSelectorPath } : {}),
  };
  return {
    group: spec.group,
    versions: [first.name, ...others.map((version) => version.name)],
    kind: names.kind,
    plural: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    namespaced: spec.scope === 'Namespaced',
    hasStatus: first.subresources?.status !== undefined,
    ...(paths ? { scale: paths } : {}),
    names: 'subdomain',
    custom: true,
    schemas: schemasOf(spec.versions),
  };
}

const schemasOf = (versions: readonly Version[]): Readonly<Record<string, JsonObject>> =>
  Object.fromEntries(
    versions.flatMap(({ name, schema }) => (schema?.openAPIV3Schema ? [[name, schema.openAPIV3Schema] as const] : [])),
  );

/** The status of a served definition; a kind that is built in stays so, and the definition says it. */
function statusOf(definition: Stored<Definition>, builtIn: boolean, now: number) {
  const before = definition.status?.conditions ?? [];
  const condition = (type: string, reason: string, message: string): Condition =>
    before.find((old) => old.type === type && old.reason === reason) ?? {
      type,
      status: 'True',
      reason,
      message,
      lastTransitionTime: timestamp(now),
    };
  const { names, versions } = definition.spec;
  return {
    acceptedNames: {
      ...names,
      singular: names.singular ?? names.kind.toLowerCase(),
      listKind: names.listKind ?? `${names.kind}List`,
    },
    conditions: [
      condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
      builtIn
        ? condition(
            'Established',
            'BuiltIn',
            'the embedded cluster has this kind built in; its own definition is served',
          )
        : condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
    ],
    storedVersions: versions.filter(({ storage }) => storage).map(({ name }) => name),
  };
}

/** Custom objects go with their definition, whatever finalizers they have: nothing could serve them any more. */
function removeAll(store: ObjectStore, type: string): void {
  for (const { metadata } of store.list(type).items) {
    const held = store.delete(type, metadata.name, metadata.namespace, { gracePeriodSeconds: 0 });
    const left = held && store.get(type, metadata.name, metadata.namespace);
    if (left) store.update({ ...cloneJson(left), metadata: { ...left.metadata, finalizers: [] } });
  }
}

/** Serves the kinds of all stored CustomResourceDefinitions, now and as they come and go. Returns what stops it. */
export function serveCustomKinds(store: ObjectStore, kinds: Kinds, clock: { now(): number }): () => void {
  const serve = (definition: Stored<Definition>) => {
    const kind = kindOf(definition);
    const added = kind !== undefined && kinds.add(kind);
    store.updateStatus({
      apiVersion: definition.apiVersion,
      kind: definition.kind,
      metadata: { name: definition.metadata.name },
      status: statusOf(definition, !added, clock.now()),
    });
  };
  for (const definition of store.list<Definition>(definitionType).items) serve(definition);
  return store.watch<Definition>(definitionType, ({ type, object, previous }) => {
    if (type === 'DELETED') {
      const gone = groupKind(object.spec.group, object.spec.names.kind);
      if (!kinds.byType(gone)?.custom) return;
      removeAll(store, gone);
      kinds.remove(gone);
    } else if (previous?.metadata.generation !== object.metadata.generation) serve(object);
  });
}
