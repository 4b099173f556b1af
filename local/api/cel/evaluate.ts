import { EvaluationError, Optional } from '@marcbachmann/cel-js';
import { equalJson, isObject, type JsonObject } from '../../store/json.ts';
import type { FieldError } from '../../store/status.ts';
import type { CompiledRule, RuleNode } from './compile.ts';

/** Objects and lists are not repeated in a message. */
const shown = (value: unknown): object => (typeof value === 'object' ? {} : { value });

/** Everything that the rules at and below a node find wrong with a value; `old` is the value before the change, if there is one. */
export function ruleErrors(node: RuleNode, value: unknown, old: unknown, path = ''): FieldError[] {
  if (value === undefined || value === null) return [];
  const own = node.rules.flatMap((rule) => failure(rule, value, old, path));
  return [...own, ...itemErrors(node, value, old, path), ...memberErrors(node, value, old, path)];
}

function memberErrors({ properties, values }: RuleNode, value: unknown, old: unknown, path: string): FieldError[] {
  if (!isObject(value)) return [];
  const before = isObject(old) ? old : {};
  return Object.entries(value).flatMap(([key, member]) => {
    const inner = properties[key] ?? values;
    return inner ? ruleErrors(inner, member, before[key], path === '' ? key : `${path}.${key}`) : [];
  });
}

function itemErrors({ items, schema }: RuleNode, value: unknown, old: unknown, path: string): FieldError[] {
  if (!items || !Array.isArray(value)) return [];
  const before = Array.isArray(old) ? old : [];
  const keys = schema['x-kubernetes-list-map-keys'];
  const same = (item: unknown) =>
    Array.isArray(keys) && isObject(item)
      ? before.find((other) => isObject(other) && keys.every((key) => equalJson(other[String(key)], item[String(key)])))
      : undefined;
  return value.flatMap((item, index) => ruleErrors(items, item, same(item), `${path}[${index}]`));
}

function failure(rule: CompiledRule, value: unknown, old: unknown, path: string): FieldError[] {
  if (rule.transition && !rule.optionalOldSelf && old === undefined) return [];
  const self = rule.type.convert(value);
  const before = old === undefined ? undefined : rule.type.convert(old);
  const context = { self, oldSelf: rule.optionalOldSelf ? Optional.of(before) : before };
  const field = `${path}${rule.fieldPath}`.replace(/^\./, '') || '<root>';
  const refused = (detail: string): FieldError[] => [
    { field, type: rule.reason, ...(rule.reason === 'Invalid' ? shown(value) : {}), detail },
  ];
  try {
    return rule.holds(context) === true ? [] : refused(messageOf(rule, context));
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return refused(`${error.message.split('\n')[0]} evaluating rule: ${rule.message}`);
  }
}

/** What the rule's own expression says; the plain message where that fails or says nothing, as in API servers. */
function messageOf({ messageExpression, message }: CompiledRule, context: JsonObject): string {
  if (!messageExpression) return message;
  try {
    const told: unknown = messageExpression(context);
    return typeof told === 'string' && told.trim() !== '' && !told.includes('\n') ? told : message;
  } catch (error) {
    if (error instanceof EvaluationError) return message;
    throw error;
  }
}
