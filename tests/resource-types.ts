import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { parseAllDocuments } from 'yaml';

type Schema = Readonly<Record<string, unknown>>;

/** As much of a CustomResourceDefinition as is read (apiextensions.k8s.io/v1). */
interface Definition {
  readonly kind?: string;
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: Schema } }[];
  };
}

interface Checked {
  readonly apiVersion: string;
  readonly kind: string;
}

/**
 * Reads CustomResourceDefinitions out of a file or the files of a folder. The answer says what is wrong with an object by their schemas, as
 * strictly as an API server that refuses unknown fields: `/spec/analysis must NOT have additional properties: intervall`.
 */
export function resourceTypes(path: string): (object: Checked) => string[] {
  const files = statSync(path).isDirectory()
    ? readdirSync(path)
        .filter((name) => /\.ya?ml$/.test(name))
        .map((name) => join(path, name))
    : [path];
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  const validators = new Map<string, ValidateFunction>();
  for (const { kind, spec } of files.flatMap(documentsOf)) {
    if (kind !== 'CustomResourceDefinition') continue;
    for (const { name, schema } of spec.versions) {
      validators.set(`${spec.group}/${name} ${spec.names.kind}`, ajv.compile(withObjectFields(schema.openAPIV3Schema)));
    }
  }
  return (object) => {
    const validate = validators.get(`${object.apiVersion} ${object.kind}`);
    if (!validate) throw new Error(`${path} does not define ${object.apiVersion} ${object.kind}`);
    if (validate(object)) return [];
    return (validate.errors ?? []).map(({ instancePath, message, params }) => {
      const { additionalProperty } = params as { readonly additionalProperty?: string };
      return `${instancePath} ${message}${additionalProperty === undefined ? '' : `: ${additionalProperty}`}`;
    });
  };
}

function documentsOf(file: string): Definition[] {
  return parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJSON() as Definition);
}

/** The API server knows these fields of every object, whatever a definition says of them. */
function withObjectFields(schema: Schema): Schema {
  const { properties } = closed(schema) as { readonly properties?: Schema };
  return {
    type: 'object',
    required: ['apiVersion', 'kind', 'metadata', 'spec'],
    properties: { ...properties, apiVersion: {}, kind: {}, metadata: { type: 'object' } },
    additionalProperties: false,
  };
}

/** The schema with every object closed that does not say that it keeps what it does not know. */
function closed(schema: Schema): Schema {
  const { properties, items } = schema;
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true || 'additionalProperties' in schema;
  const each = (inner: unknown) => closed(inner as Schema);
  return {
    ...schema,
    ...(items ? { items: each(items) } : {}),
    ...(properties
      ? { properties: Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, each(inner)])) }
      : {}),
    ...(properties && !open ? { additionalProperties: false } : {}),
  };
}
