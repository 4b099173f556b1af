import { cloneJson, equalJson, isObject, type JsonObject } from '../../store/json.ts';
import { badRequest } from '../../store/status.ts';
import type { MergeSchema } from './merge-keys.ts';

const orderPrefix = '$setElementOrder/';
const removePrefix = '$deleteFromPrimitiveList/';

/**
 * Strategic merge patch
 * (https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md)
 * with $patch (replace, delete, merge), $retainKeys, $setElementOrder and $deleteFromPrimitiveList.
 */
export function strategicMerge(target: unknown, patch: unknown, schema: MergeSchema): unknown {
  if (!isObject(patch)) throw badRequest('strategic merge patch: the body must be an object');
  return mergeMap(isObject(target) ? cloneJson(target) : {}, patch, schema);
}

function mergeMap(target: JsonObject, patch: JsonObject, schema: MergeSchema): JsonObject {
  const { $patch: directive, $retainKeys: retain, ...changes } = patch;
  if (directive === 'replace') return withoutDirectives(changes, schema);
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge') throw unknownDirective(directive);
  const result: JsonObject = { ...target };
  if (Array.isArray(retain)) for (const key of Object.keys(result)) if (!retain.includes(key)) delete result[key];
  for (const [key, value] of Object.entries(changes)) {
    if (key.startsWith('$')) continue;
    const inner = schema.fields?.[key] ?? {};
    if (value === null) delete result[key];
    else result[key] = mergeValue(result[key], value, inner);
  }
  for (const [key, value] of Object.entries(changes)) applyListDirective(result, key, value, schema);
  return result;
}

function mergeValue(before: unknown, value: unknown, schema: MergeSchema): unknown {
  if (Array.isArray(value)) {
    const list = Array.isArray(before) ? before : [];
    return schema.key === undefined ? cloneJson(value) : mergeList(list, value, schema.key, schema);
  }
  if (isObject(value)) return mergeMap(isObject(before) ? before : {}, value, schema);
  return value;
}

const unknownDirective = (directive: unknown) =>
  badRequest(`strategic merge patch: unknown $patch ${JSON.stringify(directive)}: use replace, merge or delete`);

function keyOf(item: unknown, key: string): unknown {
  if (!isObject(item) || item[key] === undefined)
    throw badRequest(`strategic merge patch: map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
  return item[key];
}

function mergeList(target: readonly unknown[], patch: readonly unknown[], key: string, schema: MergeSchema): unknown[] {
  if (key === '') return [...target, ...patch.filter((item) => !target.some((other) => equalJson(other, item)))];
  const directives = patch.filter((item) => isObject(item) && item.$patch === 'replace' && item[key] === undefined);
  const items = patch.filter((item) => !directives.includes(item));
  const result = directives.length > 0 ? [] : [...target];
  for (const item of items) {
    const wanted = keyOf(item, key);
    const at = result.findIndex((other) => isObject(other) && other[key] === wanted);
    const change = item as JsonObject;
    if (change.$patch === 'delete') {
      if (at >= 0) result.splice(at, 1);
    } else if (at < 0) result.push(withoutDirectives(change, schema));
    else result[at] = mergeMap(result[at] as JsonObject, change, { fields: schema.fields ?? {} });
  }
  return result;
}

/** A part of the patch that becomes new content: merged into nothing, so that no directive stays in it. */
function withoutDirectives(patch: JsonObject, schema: MergeSchema): JsonObject {
  const { $patch: _directive, ...rest } = patch;
  return mergeMap({}, rest, { fields: schema.fields ?? {} });
}

function applyListDirective(result: JsonObject, directive: string, value: unknown, schema: MergeSchema): void {
  if (!directive.startsWith('$')) return;
  const prefix = [orderPrefix, removePrefix].find((known) => directive.startsWith(known));
  if (prefix === undefined || !Array.isArray(value))
    throw badRequest(`strategic merge patch: unknown directive ${directive}`);
  const field = directive.slice(prefix.length);
  const list = result[field];
  if (!Array.isArray(list)) return;
  if (prefix === removePrefix) result[field] = list.filter((item) => !value.includes(item));
  else result[field] = inOrder(list, value, schema.fields?.[field]?.key ?? '');
}

/** Elements in the order of the directive; those that it does not name keep their place behind the one before them. */
function inOrder(list: readonly unknown[], order: readonly unknown[], key: string): unknown[] {
  const identity = (item: unknown) => (key !== '' && isObject(item) ? item[key] : item);
  const rank = new Map(order.map((item, index) => [identity(item), index]));
  let last = -1;
  const ranked = list.map((item, index) => {
    last = rank.get(identity(item)) ?? last;
    return { item, index, rank: last };
  });
  return ranked.sort((a, b) => a.rank - b.rank || a.index - b.index).map(({ item }) => item);
}
