import { isObject, type JsonObject } from '../store/json.ts';
import { apiVersionOf, groupOf, type Kind, versionOf } from '../store/kinds.ts';
import { servedVersions } from './discovery.ts';
import { unknownResource } from './resource.ts';
import { type ApiContext, json, type Reply } from './types.ts';

const info = (context: ApiContext) => ({ title: 'Kubernetes', version: context.version });
const pathOf = (groupVersion: string): string =>
  groupVersion.includes('/') ? `apis/${groupVersion}` : `api/${groupVersion}`;

/** An empty OpenAPI 2 document in protobuf, the only form that kubectl asks for: `swagger: "2.0"` (field 1). */
const emptyV2 = Buffer.from([0x0a, 0x03, 0x32, 0x2e, 0x30]);

const gvk = (kind: Kind, version: string) => ({ group: kind.group, version, kind: kind.kind });

function pathItem(kind: Kind, version: string) {
  const query = (name: string) => ({ name, in: 'query', schema: { type: 'string' } });
  return {
    patch: {
      parameters: [query('dryRun'), query('fieldManager'), query('fieldValidation')],
      responses: { 200: { description: 'OK' } },
      'x-kubernetes-action': 'patch',
      'x-kubernetes-group-version-kind': gvk(kind, version),
    },
  };
}

/** As a definition has it, with what every object has. */
function schemasOf(kinds: readonly Kind[], version: string): JsonObject {
  const metadata = {
    type: 'object',
    description: 'Standard metadata of objects.',
    properties: { name: { type: 'string' }, namespace: { type: 'string' } },
  };
  const schemas = kinds.flatMap((kind): [string, JsonObject][] => {
    const schema = kind.schemas?.[version];
    if (!schema) return [];
    const properties = { ...(isObject(schema.properties) ? schema.properties : {}), metadata };
    const name = `${kind.group.split('.').reverse().join('.')}.${version}.${kind.kind}`;
    return [[name, { ...schema, properties, 'x-kubernetes-group-version-kind': [gvk(kind, version)] }]];
  });
  return Object.fromEntries(schemas);
}

/**
 * /openapi/v3 says which kinds take `fieldValidation`, so that kubectl leaves validation to the server. It has schemas of custom kinds
 * only, for `kubectl explain`; of built-in ones kubectl takes the merge keys of its own types. /openapi/v2 is empty for the same reason.
 */
export function openApi(context: ApiContext, path: string): Reply {
  if (path === '/openapi/v2')
    return { as: 'bytes', contentType: 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf', body: emptyV2 };
  const versions = servedVersions(context);
  if (path === '/openapi/v3') {
    const entries = versions.map((groupVersion) => {
      const at = pathOf(groupVersion);
      return [at, { serverRelativeURL: `/openapi/v3/${at}` }] as const;
    });
    return json(200, { paths: Object.fromEntries(entries) });
  }
  const groupVersion = versions.find((candidate) => path === `/openapi/v3/${pathOf(candidate)}`);
  if (groupVersion === undefined) throw unknownResource();
  const group = groupOf(groupVersion);
  const version = versionOf(groupVersion);
  const kinds = context.kinds.all().filter((kind) => kind.group === group && kind.versions.includes(version));
  const paths = kinds.map((kind) => {
    const scope = kind.namespaced ? 'namespaces/{namespace}/' : '';
    const path = `/${pathOf(apiVersionOf(group, version))}/${scope}${kind.plural}/{name}`;
    return [path, pathItem(kind, version)] as const;
  });
  return json(200, {
    openapi: '3.0.0',
    info: info(context),
    paths: Object.fromEntries(paths),
    components: { schemas: schemasOf(kinds, version) },
  });
}
