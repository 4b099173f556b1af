import { isObject, type JsonObject } from '../../store/json.ts';
import { groupKind, type Kind, type Kinds, versionOf } from '../../store/kinds.ts';
import type { FieldError } from '../../store/status.ts';
import type { Stored } from '../../store/types.ts';
import { type CompiledRules, compileRules, type RuleNode } from '../cel/compile.ts';
import { ruleErrors } from '../cel/evaluate.ts';
import { schemaErrors } from './custom-schema.ts';

/** Compiled once for a definition as it is served: its schema is the same object until it changes. */
const compiled = new WeakMap<JsonObject, CompiledRules>();

function rulesOf(schema: JsonObject): CompiledRules {
  const known = compiled.get(schema) ?? compileRules(schema, 'openAPIV3Schema');
  compiled.set(schema, known);
  return known;
}

const propertiesOf = (schema: JsonObject): JsonObject => (isObject(schema.properties) ? schema.properties : {});

/** The part of a schema that a write is about: status and the rest are written apart where a kind has the subresource. */
function partOf(schema: JsonObject, part: 'spec' | 'status', hasStatus: boolean): JsonObject {
  const { metadata: _checkedByStore, status, ...properties } = propertiesOf(schema);
  if (part === 'status') return { ...schema, required: [], properties: status === undefined ? {} : { status } };
  return { ...schema, properties: hasStatus || status === undefined ? properties : { ...properties, status } };
}

function rulesAbout({ tree }: CompiledRules, part: 'spec' | 'status', hasStatus: boolean): RuleNode {
  const { status, ...properties } = tree.properties;
  if (part === 'status') return { ...tree, properties: status ? { status } : {} };
  return hasStatus ? { ...tree, properties } : tree;
}

/**
 * Problems of a custom object by the schema of its definition, and when there are none by its CEL rules, as API servers do it. Sets the
 * schema's defaults.
 */
export function customErrors(
  kind: Kind,
  object: Stored,
  old: Stored | undefined,
  part: 'spec' | 'status',
): FieldError[] {
  const schema = kind.schemas?.[versionOf(object.apiVersion)];
  if (!schema) return [];
  const errors = schemaErrors(partOf(schema, part, kind.hasStatus), object, '');
  if (errors.length > 0) return errors;
  const rules = rulesOf(schema);
  // A definition that was stored before rules were looked at.
  if (rules.errors.length > 0) return rules.errors.map((error) => ({ ...error, field: '<root>' }));
  return ruleErrors(rulesAbout(rules, part, kind.hasStatus), object, old);
}

/** Rules of a definition that cannot be compiled. Kinds that are built in keep their own schema, so nobody asks its rules. */
export function definitionErrors(definition: Stored, kinds: Kinds): FieldError[] {
  const spec: JsonObject = isObject(definition.spec) ? definition.spec : {};
  const names: JsonObject = isObject(spec.names) ? spec.names : {};
  if (kinds.byType(groupKind(String(spec.group), String(names.kind)))?.custom === false) return [];
  const versions: readonly unknown[] = Array.isArray(spec.versions) ? spec.versions : [];
  return versions.flatMap((version, index) => {
    const { schema } = isObject(version) ? version : {};
    const openApi = isObject(schema) ? schema.openAPIV3Schema : undefined;
    const path = `spec.versions[${index}].schema.openAPIV3Schema`;
    return isObject(openApi) ? compileRules(openApi, path).errors : [];
  });
}
