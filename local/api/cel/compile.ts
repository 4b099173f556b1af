import type { Environment, ParseResult } from '@marcbachmann/cel-js';
import { isObject, type JsonObject } from '../../store/json.ts';
import type { FieldError } from '../../store/status.ts';
import { inOwnWords, missingLibrary, ruleEnvironment } from './library.ts';
import { type CelType, declare } from './types.ts';

/** One entry of `x-kubernetes-validations`, ready to be asked. */
export interface CompiledRule {
  readonly text: string;
  readonly holds: ParseResult;
  readonly message: string;
  readonly messageExpression?: ParseResult;
  readonly fieldPath: string;
  /** How the rule sees `self` and `oldSelf`. */
  readonly type: CelType;
  readonly reason: FieldError['type'];
  /** It is about a change, so it is asked only where there is a value before. */
  readonly transition: boolean;
  readonly optionalOldSelf: boolean;
}

/** The part of a schema that has rules somewhere. */
export interface RuleNode {
  readonly schema: JsonObject;
  readonly rules: readonly CompiledRule[];
  readonly properties: Readonly<Record<string, RuleNode>>;
  readonly items?: RuleNode;
  readonly values?: RuleNode;
}

interface Place {
  readonly path: string;
  readonly name: string;
  /** Whether a value here can be told to be the same one as before a change. */
  readonly correlatable: boolean;
}

/** The rules of a definition, and what is wrong with them. */
export interface CompiledRules {
  readonly tree: RuleNode;
  readonly errors: readonly FieldError[];
}

const reasons: Readonly<Record<string, FieldError['type']>> = {
  FieldValueInvalid: 'Invalid',
  FieldValueForbidden: 'Forbidden',
  FieldValueRequired: 'Required',
  FieldValueDuplicate: 'Duplicate',
};

/**
 * Compiles all rules of a schema against the types that it describes. Rules that cannot be compiled are errors below `path`, by name.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules
 */
export function compileRules(schema: JsonObject, path: string): CompiledRules {
  const errors: FieldError[] = [];
  const tree = node(schema, { path, name: 'Object', correlatable: true }, errors, true);
  return { tree, errors };
}

function node(schema: JsonObject, place: Place, errors: FieldError[], root = false): RuleNode {
  const inner = (child: unknown, step: string, name: string, correlatable = true) =>
    isObject(child)
      ? node(
          child,
          {
            path: `${place.path}.${step}`,
            name: `${place.name}_${name}`,
            correlatable: place.correlatable && correlatable,
          },
          errors,
        )
      : undefined;
  const properties = isObject(schema.properties) ? schema.properties : {};
  const children = Object.entries(properties).flatMap(([name, child]): [string, RuleNode][] => {
    const below = inner(child, `properties[${name}]`, name.replace(/\W/g, '_'));
    return below && hasRules(below) ? [[name, below]] : [];
  });
  const items = inner(schema.items, 'items', 'item', schema['x-kubernetes-list-type'] === 'map');
  const values = inner(schema.additionalProperties, 'additionalProperties', 'value');
  return {
    schema,
    rules: rulesOf(schema, place, errors, root),
    properties: Object.fromEntries(children),
    ...(items && hasRules(items) ? { items } : {}),
    ...(values && hasRules(values) ? { values } : {}),
  };
}

const hasRules = ({ rules, properties, items, values }: RuleNode): boolean =>
  rules.length > 0 || items !== undefined || values !== undefined || Object.keys(properties).length > 0;

function rulesOf(schema: JsonObject, place: Place, errors: FieldError[], root: boolean): CompiledRule[] {
  const rules = schema['x-kubernetes-validations'];
  if (!Array.isArray(rules) || rules.length === 0) return [];
  const declared = ruleEnvironment();
  const type = declare(declared, schema, place.name, root) ?? { name: 'dyn', convert: (value: unknown) => value };
  return rules.flatMap((rule, index) => {
    const at = `${place.path}.x-kubernetes-validations[${index}]`;
    if (isObject(rule) && typeof rule.rule === 'string')
      return compile(rule, rule.rule, { declared, type, at, place }, errors);
    errors.push({ field: `${at}.rule`, type: 'Required', detail: 'must be set' });
    return [];
  });
}

interface Scope {
  readonly declared: Environment;
  readonly type: CelType;
  readonly at: string;
  readonly place: Place;
}

/** Whether a rule reads `oldSelf`; text in quotes does not count. */
const readsOld = (rule: string): boolean => /\boldSelf\b/.test(rule.replace(/'(\\.|[^'\\])*'|"(\\.|[^"\\])*"/g, ''));

function compile(rule: JsonObject, text: string, scope: Scope, errors: FieldError[]): CompiledRule[] {
  const { declared, type, at, place } = scope;
  const transition = readsOld(text);
  const optionalOldSelf = rule.optionalOldSelf === true;
  if (transition && !place.correlatable) {
    const detail = `oldSelf cannot be used within ${place.path}: items of a list that is no map cannot be told from each other`;
    errors.push({ field: `${at}.rule`, type: 'Invalid', value: text, detail });
    return [];
  }
  const environment = declared
    .clone()
    .registerVariable('self', type.name)
    .registerVariable('oldSelf', optionalOldSelf ? 'optional' : type.name);
  const holds = expression(environment, text, 'bool', `${at}.rule`, errors);
  const told = rule.messageExpression;
  const messageExpression =
    typeof told === 'string' ? expression(environment, told, 'string', `${at}.messageExpression`, errors) : undefined;
  if (!holds) return [];
  return [
    {
      text,
      holds,
      type,
      message: typeof rule.message === 'string' ? rule.message : `failed rule: ${text}`,
      ...(messageExpression ? { messageExpression } : {}),
      fieldPath: typeof rule.fieldPath === 'string' ? rule.fieldPath : '',
      reason: reasons[String(rule.reason ?? 'FieldValueInvalid')] ?? 'Invalid',
      transition,
      optionalOldSelf,
    },
  ];
}

function expression(
  environment: Environment,
  text: string,
  wanted: 'bool' | 'string',
  field: string,
  errors: FieldError[],
): ParseResult | undefined {
  const refuse = (detail: string) => {
    errors.push({ field, type: 'Invalid', value: text, detail: `compilation failed: ${detail}` });
    return undefined;
  };
  const { valid, type, error } = environment.check(inOwnWords(text));
  if (!valid) {
    const library = missingLibrary(text);
    const why = error?.message.split('\n')[0] ?? 'not CEL';
    return refuse(
      library === undefined
        ? why
        : `${why}: the embedded cluster does not have the CEL library ${library}; use a Kubernetes cluster, or leave the rule out here`,
    );
  }
  if (type !== wanted && type !== 'dyn') return refuse(`must evaluate to ${wanted}, not ${type}`);
  return environment.parse(inOwnWords(text));
}
